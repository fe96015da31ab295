package io.med3dinsight.pipeline;

import io.med3dinsight.DataException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.finetune.FinetuneSettings.Start;
import io.med3dinsight.network.EncoderDecoder;
import io.med3dinsight.network.NetworkConfig;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Checkpoint;
import io.med3dinsight.nn.checkpoint.CheckpointException;
import io.med3dinsight.nn.checkpoint.LoadReport;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.checkpoint.TensorSource;
import io.med3dinsight.nn.checkpoint.Weights;
import io.med3dinsight.pretrain.PretrainNetwork;
import io.med3dinsight.progress.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A file of weights that training starts from: of a pretraining, a segmentation network or PyTorch.
 * It must hold all of the encoder; what else of the network it holds is taken as well, and the rest
 * begins fresh.
 *
 * @param file .safetensors, .pth, .pt or .bin
 * @param start which of the weights
 */
record StartingWeights(Path file, Start start) {
  /** The encoder alone, under the names that it has in its network. */
  private static final class Encoder extends Module {
    Encoder(EncoderDecoder network, Setup setup) {
      super(setup);
      network.encoderParts().forEach(this::register);
    }
  }

  /** Null without a file. */
  static StartingWeights of(Path file, Start start) {
    return file == null ? null : new StartingWeights(file, start);
  }

  /** Writes the encoder of a network alone, under its published names. */
  static void writeEncoder(Path file, EncoderDecoder network) {
    Module encoder = new Encoder(network, Setup.of(network.device(), 0));
    Checkpoint.writer(new Network("encoder", network.config().toJson()))
        .module(encoder)
        .write(file);
  }

  /**
   * Finds out before volumes are prepared whether the file can be read; nothing without a file.
   *
   * @throws CheckpointException when it cannot
   */
  static void checkReadable(Path file) {
    if (file != null) {
      Weights.open(file).close();
    }
  }

  /**
   * Finds out before anything is computed whether the weights can be used.
   *
   * @throws DataException when they cannot
   */
  void check(NetworkConfig config, int outputs, Device device) {
    try (EncoderDecoder network = config.build(Setup.of(device, 0), outputs, 1)) {
      load(network);
    } catch (CheckpointException e) {
      throw new DataException(e.getMessage(), e);
    }
  }

  /** Copies the weights and says what was taken. */
  void load(EncoderDecoder network, Progress progress) {
    progress.say("Weights of " + file + ": " + load(network).summary() + ".");
  }

  private LoadReport load(EncoderDecoder network) {
    try (TensorSource source = Weights.open(file)) {
      LoadReport report =
          encoderOnly(source)
              ? Weights.load(new Encoder(network, Setup.of(network.device(), 0)), source)
              : Weights.load(network, source);
      requireEncoder(network, report);
      Weights.requireFinite(network, file);
      return report;
    }
  }

  private boolean encoderOnly(TensorSource source) {
    return switch (start) {
      case ENCODER -> true;
      case ENCODER_AND_DECODER -> false;
      case AUTO -> PretrainNetwork.isIn(source.names());
    };
  }

  private void requireEncoder(EncoderDecoder network, LoadReport report) {
    List<String> lacking =
        Stream.concat(report.wrongShape().stream(), report.missing().stream())
            .filter(name -> ofEncoder(network.encoderParts(), name))
            .toList();
    if (!lacking.isEmpty()) {
      throw new CheckpointException(
          "Checkpoint '"
              + file
              + "' is of another size than the encoder, "
              + network.config().signature()
              + ": "
              + lacking.size()
              + " of its tensors are missing or of another shape ("
              + lacking.get(0)
              + (lacking.size() > 1 ? ", ..." : "")
              + "); give --encoder and network.* as they were in its training.");
    }
  }

  private static boolean ofEncoder(Map<String, Module> parts, String name) {
    return parts.keySet().stream().anyMatch(part -> name.startsWith(part + "."));
  }
}
