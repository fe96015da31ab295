package io.med3dinsight.engine.testing;

import java.util.List;

/**
 * A family of cases; classes in {@code io.med3dinsight.engine.cases} that implement this are found
 * by themselves.
 */
public interface OpCaseSource {
  List<OpCase> cases();
}
