package io.med3dinsight.training;

import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.progress.Progress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * Where and how the stages of a run are trained.
 *
 * @param folder of the run; checkpoints go into its folder {@code checkpoints}
 * @param device to compute on
 * @param resume whether to go on from checkpoints that are there
 * @param checkpointEvery time between two checkpoints; it does not influence results
 * @param metrics where the numbers of each epoch go
 * @param progress where the user looks
 * @param stop asked between steps; true ends the stage after a checkpoint
 */
public record TrainingContext(
    Path folder,
    Device device,
    boolean resume,
    Duration checkpointEvery,
    MetricsSink metrics,
    Progress progress,
    BooleanSupplier stop) {

  /** The file from which a stage resumes. */
  public Path lastCheckpoint(String stage) {
    return checkpoint(stage, "last");
  }

  /** A checkpoint of a stage, such as {@code last} or {@code best}. */
  public Path checkpoint(String stage, String which) {
    return folder.resolve("checkpoints").resolve(stage + "-" + which + ".safetensors");
  }
}
