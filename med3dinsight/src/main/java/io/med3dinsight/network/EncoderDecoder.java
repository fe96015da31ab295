package io.med3dinsight.network;

import io.med3dinsight.engine.tensor.Rng;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import java.util.Map;

/**
 * A network that maps volumes to scores or intensities of their voxels by way of an encoder, which
 * can be pretrained and used alone.
 */
public abstract class EncoderDecoder extends Module {
  protected EncoderDecoder(Setup setup) {
    super(setup);
  }

  /** What the network was built from. */
  public abstract NetworkConfig config();

  /** The part that is pretrained. */
  public abstract Encoder3d encoder();

  /**
   * Results of every supervised level, finest first, [N,D_l,H_l,W_l,outputs]; the first has the
   * volumes' extents.
   *
   * @param x the volumes [N,D,H,W,C]
   * @param pyramid {@link Encoder3d#features} of them
   */
  public abstract Tensor[] fromFeatures(Tensor x, Tensor[] pyramid);

  /** Parts that belong to the encoder, by the names they have here. */
  public abstract Map<String, Module> encoderParts();

  /** Parts that belong to the decoder, the heads left out, by the names they have here. */
  public abstract Map<String, Module> decoderParts();

  /** Whether a tensor of this name belongs to a head that only training uses. */
  public abstract boolean trainingOnly(String name);

  /** Random streams that training draws from, by name; a checkpoint holds their positions. */
  public Map<String, Rng> randomStreams() {
    return Map.of();
  }

  /** Scores at full resolution [N,D,H,W,outputs] of a batch [N,D,H,W,C]. */
  @Override
  protected Tensor forward(Tensor x) {
    return levels(x)[0];
  }

  /** Scores of every supervised level, finest first. */
  public final Tensor[] levels(Tensor x) {
    return tidyAll(() -> fromFeatures(x, encoder().features(x)));
  }
}
