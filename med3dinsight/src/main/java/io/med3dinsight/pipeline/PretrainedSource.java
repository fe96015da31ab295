package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.network.NetworkSettings;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where fine-tuning starts from: the folder of a run with pretraining, or a file of weights.
 *
 * @param weights the file, or a folder in which {@code Weights.open} finds one
 * @param network settings of the network that the weights belong to, its patch included; null when
 *     only the weights are known
 */
public record PretrainedSource(Path weights, NetworkSettings network) {

  /**
   * What {@code --from} names.
   *
   * @throws DataException when it is not there, or a run that has not come as far as weights
   */
  public static PretrainedSource of(Path from) {
    Path path = from.toAbsolutePath().normalize();
    if (!Files.exists(path)) {
      throw new DataException(
          from
              + " does not exist; expected the folder of a pretraining run or a file of weights"
              + " (.safetensors, .pth, .pt, .bin).");
    }
    RunFolder run = new RunFolder(Files.isDirectory(path) ? path : path.getParent());
    boolean own =
        Files.isDirectory(path) || path.equals(run.pretrained()) || path.equals(run.encoder());
    if (!own || !Files.exists(run.config())) {
      return new PretrainedSource(path, null);
    }
    if (!Files.exists(run.pretrained())) {
      throw new DataException(
          from
              + " holds no "
              + run.pretrained().getFileName()
              + ": its pretraining has not finished, or it had none; go on with it by --resume, or"
              + " name another run or a file of weights.");
    }
    try {
      NetworkSettings network =
          run.isPretraining()
              ? run.settings(PretrainRunSettings.standard()).network()
              : run.settings().network();
      return new PretrainedSource(
          Files.isDirectory(path) ? run.pretrained() : path,
          Pretraining.shape(network, run.pretrained()).withWeights(null));
    } catch (CheckpointException e) {
      throw new DataException(e.getMessage(), e);
    }
  }
}
