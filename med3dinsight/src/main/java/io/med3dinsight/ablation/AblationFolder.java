package io.med3dinsight.ablation;

import io.med3dinsight.DataException;
import io.med3dinsight.UsageException;
import io.med3dinsight.config.Configuration;
import io.med3dinsight.pipeline.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Names of the files of an ablation. */
public record AblationFolder(Path root) {
  /** What all cells share: settings, descriptions, the 2D encoder. */
  public RunFolder shared() {
    return new RunFolder(root);
  }

  /** What is compared. */
  public Path grid() {
    return root.resolve("ablation.yaml");
  }

  /** The finished cells. */
  Path cells() {
    return root.resolve("cells.jsonl");
  }

  /** The gap between modalities before and after each pretraining. */
  Path gaps() {
    return root.resolve("gaps.jsonl");
  }

  /** The finished cells as a table for programs. */
  Path csv() {
    return root.resolve("cells.csv");
  }

  /** The comparison. */
  public Path table() {
    return root.resolve("table.md");
  }

  Path figure(String name) {
    return root.resolve("figures").resolve(name + ".png");
  }

  /** Where a pretraining works. */
  RunFolder pretraining(Pretraining p) {
    return new RunFolder(root.resolve("pretrained").resolve(p.id()));
  }

  /** Where a cell works. */
  RunFolder cell(Cell c) {
    return new RunFolder(root.resolve("cells").resolve(c.id()));
  }

  /**
   * Makes the folder for a new ablation.
   *
   * @throws UsageException when it holds results already
   */
  public void begin(Record settings, AblationGrid grid) throws IOException {
    if (Files.exists(cells()) || Files.exists(root.resolve("cells"))) {
      throw new UsageException(
          "Folder "
              + root
              + " holds an ablation already: give --resume to go on with it, or another --output.");
    }
    shared().begin(settings);
    Configuration.write(grid, grid());
  }

  /** Takes {@link #begin} back where nothing has been computed. */
  public void abandon() throws IOException {
    if (Files.exists(root.resolve("cells")) || Files.exists(root.resolve("pretrained"))) {
      return;
    }
    shared().abandon();
    if (!Files.exists(shared().config())) {
      Files.deleteIfExists(grid());
    }
  }

  /**
   * What was compared last.
   *
   * @throws UsageException when there is no ablation
   */
  public AblationGrid readGrid() {
    if (!Files.exists(grid())) {
      throw new UsageException(
          "Folder "
              + root
              + " holds no ablation to resume: there is no "
              + grid().getFileName()
              + ".");
    }
    return Configuration.read(AblationGrid.standard(), grid(), List.of());
  }

  /** Deletes checkpoints that nothing goes on from any more. */
  static void dropCheckpoints(RunFolder folder) {
    if (!Files.exists(folder.checkpoints())) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder.checkpoints())) {
      for (Path p : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(p);
      }
    } catch (IOException e) {
      throw DataException.of(folder.checkpoints(), "deleted", e);
    }
  }
}
