package io.med3dinsight.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.med3dinsight.kernels.catalogue.Catalogue;
import io.med3dinsight.kernels.catalogue.KernelSignature;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Every kernel that ships was executed in the simulator by the tests before this one. */
@Order(Integer.MAX_VALUE)
class KernelCoverageTest {
  @Test
  void everyKernelRan() {
    boolean whole = System.getProperty("test") == null && System.getProperty("case") == null;
    assumeTrue(whole, "only some of the tests were run");
    TreeSet<String> missing = new TreeSet<>();
    for (String family : Catalogue.FAMILIES) {
      for (KernelSignature k : Catalogue.kernels(family)) {
        missing.add(k.name());
      }
    }
    missing.removeAll(SimulatedDriver.launched());
    assertEquals(Set.of(), missing, "kernels that no test ran");
  }
}
