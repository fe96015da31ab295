package io.med3dinsight.caption.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.med3dinsight.caption.Caption;
import io.med3dinsight.caption.CaptionFile;
import io.med3dinsight.progress.Progress;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the captioner on one scan against a real HTTP server, with a clock that only waiting moves.
 */
@Timeout(60)
abstract class CaptionerRuns {
  static final BooleanSupplier NEVER = () -> false;

  @TempDir Path folder;
  Path scans;
  Path output;
  final FakeTime time = new FakeTime();

  @BeforeEach
  void writeScan() {
    scans = folder.resolve("scans");
    Scans.write(scans.resolve("a.nii.gz"));
    output = folder.resolve("out/captions.jsonl");
  }

  final CaptionSummary run(CaptionSettings settings, BooleanSupplier stop) {
    return new Captioner(settings, time, () -> 0.5).run(Scans.sources(scans), Progress.NONE, stop);
  }

  final CaptionSummary run(FakeChatServer server, int perPlane) {
    return run(Scans.settings(server.url(), output, perPlane), NEVER);
  }

  final List<JsonNode> log(String event) {
    return JsonLines.read(folder.resolve("out/captions.log.jsonl")).stream()
        .filter(n -> n.path("event").asText().equals(event))
        .toList();
  }

  final void assertRead(int count) {
    List<Caption> captions = CaptionFile.read(output);
    assertEquals(count, captions.size());
    assertEquals(
        count,
        new HashSet<>(captions.stream().map(c -> c.volume() + c.plane() + c.slice()).toList())
            .size());
  }
}
