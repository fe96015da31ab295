package io.med3dinsight.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.ablation.AblationFolder;
import io.med3dinsight.ablation.AblationGrid;
import io.med3dinsight.ablation.AblationRun;
import io.med3dinsight.ablation.Start;
import io.med3dinsight.cli.Programs.Ended;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.training.MetricsSink;
import io.med3dinsight.training.TrainingContext;
import io.med3dinsight.transport.AlignmentKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AblateCommandTest {
  @TempDir private Path folder;

  private Ended ablate(Path out, Path data, String... more) {
    List<String> words = new ArrayList<>(List.of("ablate", "--output", out.toString()));
    if (data != null) {
      words.addAll(List.of("--data", data.toString()));
      words.addAll(TinyData.settings());
    }
    words.addAll(List.of(more));
    return InProcess.run(AblateCommand.class, words.toArray(String[]::new));
  }

  private static Map<String, String> cells(Path out) throws IOException {
    Map<String, String> cells = new TreeMap<>();
    for (String line : Files.readAllLines(out.resolve("cells.jsonl"))) {
      JsonNode n = new ObjectMapper().readTree(line);
      cells.put(n.path("cell").asText(), n.path("cases").toString());
    }
    return cells;
  }

  @Test
  void aGridLeavesTableFiguresAndCellsAndGrows() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path out = folder.resolve("out");
    Ended first =
        ablate(
            out,
            data,
            "--alignments=partial_ot,infonce",
            "--captions=clean",
            "--labels=0.34",
            "--seeds=2");
    assertEquals(0, first.code(), first.err());
    assertEquals(8, cells(out).size());
    String table = Files.readString(out.resolve("table.md"));
    assertTrue(first.out().startsWith(table), first.out());
    for (String part :
        List.of("## 34 % of the labels (1 case)", "| infonce, clean | 2 | 0.", "## Gap between")) {
      assertTrue(table.contains(part), table);
    }
    assertFalse(table.contains("NaN"), table);
    assertEquals(9, Files.readAllLines(out.resolve("cells.csv")).size());
    for (String figure :
        List.of("dice", "partial_ot-clean-seed1-pca", "infonce-clean-seed2-tsne")) {
      assertTrue(Files.size(out.resolve("figures/" + figure + ".png")) > 1000, figure);
    }
    assertEquals(4, Files.readAllLines(out.resolve("gaps.jsonl")).size());
    List<String> before = Files.readAllLines(out.resolve("cells.jsonl"));
    assertFalse(Files.exists(out.resolve("cells/scratch-seed1-labels34/checkpoints")));

    // Finished cells and pretrainings stay; only what the new noise adds is computed.
    Ended more = ablate(out, null, "--resume", "--captions=clean,replaced:0.5");
    assertEquals(0, more.code(), more.err());
    List<String> after = Files.readAllLines(out.resolve("cells.jsonl"));
    assertEquals(12, after.size());
    assertEquals(before, after.subList(0, 8));
    assertTrue(cells(out).containsKey("infonce-replaced-0.5-seed2-labels34"));
  }

  /** Stopped after every few questions and taken up again, all scores are the same. */
  @Test
  void interruptedCellsGiveTheSameScores() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    RunSettings settings =
        Configuration.read(RunSettings.standard(), null, TinyData.settings()).withData(data);
    AblationGrid grid =
        new AblationGrid(
            List.of(Start.SCRATCH, Start.FULL),
            List.of(AlignmentKind.TRIPLET),
            List.of("shuffled:0.5"),
            List.of(1.0),
            1,
            1);
    Path whole = folder.resolve("whole");
    assertTrue(run(settings, grid, whole, () -> false));
    Path parts = folder.resolve("parts");
    int calls = 0;
    for (boolean complete = false; !complete; calls++) {
      int[] asked = {0};
      // The first describes and trains the 2D encoder; later ones stop within a stage.
      int patience = calls == 0 ? 12 : 6;
      complete = run(settings, grid, parts, () -> asked[0]++ == patience);
      assertTrue(calls < 30);
    }
    assertTrue(calls > 2, calls + " calls");
    assertEquals(cells(whole), cells(parts));
  }

  private static boolean run(
      RunSettings settings, AblationGrid grid, Path out, BooleanSupplier stop) {
    TrainingContext context =
        new TrainingContext(
            out, Device.cpu(2), true, Duration.ofHours(1), MetricsSink.NONE, Progress.NONE, stop);
    return new AblationRun(settings, grid, new AblationFolder(out), context).run();
  }

  @Test
  void whatCannotBeUsedIsRefused() throws IOException {
    Path data = TinyData.write(folder.resolve("data"));
    Path out = folder.resolve("out");
    for (String[] words :
        new String[][] {
          {"--alignments=none", "reconstruction"},
          {"--alignments=best", "best"},
          {"--captions=loud", "expected clean"},
          {"--labels=0", "--labels"},
          {"--labels=0.1,0.1", "different"},
          {"--seeds=0", "--seeds"},
          {"pretrain.reconstructionWeight=0", "reconstruction"},
          {"pretrain.alignment=none pretrain.reconstructionWeight=0", "pretrain"},
        }) {
      Ended ended = ablate(out, data, words[0].split(" "));
      assertEquals(2, ended.code(), words[0] + ended.err());
      assertTrue(ended.err().contains(words[1]), ended.err());
      assertFalse(Files.exists(out.resolve("config.yaml")), words[0]);
    }
    assertEquals(2, ablate(out, null, "--resume").code());
    assertEquals(3, ablate(out, folder.resolve("nowhere")).code());
  }
}
