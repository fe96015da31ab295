package io.med3dinsight.pretrain;

import io.med3dinsight.dataset.PatchSize;
import io.med3dinsight.engine.function.Losses;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.psat.Psat;
import io.med3dinsight.training.DeviceStep;
import io.med3dinsight.training.Metrics;
import io.med3dinsight.transport.Pairs;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The loss of the crops last loaded. Whatever differs from batch to batch - what is hidden, which
 * slices are asked for, which partners are equal - enters through tensors that stay the same.
 */
final class PretrainStep implements DeviceStep<CropBatches.Batch>, AutoCloseable {
  /** What the volumes' embeddings are compared with. */
  private final class Side {
    private final String name;
    private final double weight;
    private final Tensor partners;
    private Pairs pairs;

    Side(String name, double weight) {
      this.name = name;
      this.weight = weight;
      partners = inputs.adopt(Tensor.zeros(network.device(), own, width));
    }

    /** Takes partners in, with those kept from earlier steps below them. */
    void load(float[] latest, float[] all) {
      partners.copyFrom(latest);
      int rows = all.length / width;
      if (rows < 2) {
        return;
      }
      if (pairs == null || pairs.own().dim(1) != rows) {
        if (pairs != null) {
          pairs.own().free();
          pairs.equal().free();
        }
        try (Scope s = Scope.open()) {
          pairs = Pairs.of(network.device(), own, rows);
          inputs.adopt(pairs.own());
          inputs.adopt(pairs.equal());
        }
      }
      pairs.load(all);
    }
  }

  private final PretrainNetwork network;
  private final PretrainSettings settings;
  private final int own;
  private final int width;
  private final Scope inputs = Scope.detached();
  private final Tensor masked;
  private final Tensor image;
  private final Psat.Request slices;
  private final Side images;
  private final Side texts;

  /**
   * @param width E of the embeddings
   */
  PretrainStep(PretrainNetwork network, PretrainSettings settings, PatchSize patch, int width) {
    this.network = network;
    this.settings = settings;
    this.width = width;
    own = settings.volumes() * settings.slices();
    int channels = network.volumes().config().inputChannels();
    int[] e = {settings.volumes(), patch.depth(), patch.height(), patch.width(), channels};
    try (Scope s = Scope.open()) {
      masked = inputs.adopt(Tensor.zeros(network.device(), e));
      image = inputs.adopt(Tensor.zeros(network.device(), e));
      slices = network.psat().request(own);
      inputs.adopt(slices.planes());
      inputs.adopt(slices.positions());
      images = side("image", settings.imageWeight());
      texts = side("text", settings.textWeight());
    }
  }

  private Side side(String name, double weight) {
    return settings.aligns() && weight > 0 ? new Side(name, weight) : null;
  }

  private boolean rebuilds() {
    return settings.reconstructionWeight() > 0;
  }

  /** Whether there is more than one pair: the very first one can be told apart from nothing. */
  private boolean compares() {
    return own + (network.queue() == null ? 0 : network.queue().filled()) > 1;
  }

  @Override
  public boolean settled() {
    return !settings.aligns() || network.queue() == null || network.queue().full();
  }

  @Override
  public void load(CropBatches.Batch batch) {
    masked.copyFrom(batch.masked());
    if (rebuilds()) {
      image.copyFrom(batch.image());
    }
    if (settings.aligns()) {
      slices.load(batch.queries().stream().flatMap(List::stream).toList());
      network.alignment().prepare();
    }
    EmbeddingQueue queue = network.queue();
    if (images != null) {
      images.load(batch.images(), queue == null ? batch.images() : queue.images(batch.images()));
    }
    if (texts != null) {
      texts.load(batch.texts(), queue == null ? batch.texts() : queue.texts(batch.texts()));
    }
  }

  /** The loss; the embeddings and the loss of each side; the error of reconstruction. */
  @Override
  public List<Tensor> compute() {
    List<Tensor> outputs = new ArrayList<>();
    Tensor[] features = network.volumes().encoder().features(masked);
    Tensor total = settings.aligns() ? aligned(features[features.length - 1], outputs) : null;
    if (rebuilds()) {
      Tensor rebuilt = network.volumes().fromFeatures(masked, features)[0];
      Tensor error = Losses.mse(rebuilt, image);
      outputs.add(error);
      total = plus(total, error.mul((float) settings.reconstructionWeight()));
    }
    outputs.add(0, total);
    return outputs;
  }

  private Tensor aligned(Tensor features, List<Tensor> outputs) {
    EmbeddingQueue queue = network.queue();
    Tensor seen = network.psat().embed(features, slices);
    outputs.add(seen);
    if (!compares()) {
      return seen.sum().mul(0f);
    }
    Tensor u = queue == null ? seen : queue.withSeen(seen);
    Tensor total = null;
    if (images != null) {
      Tensor v = queue == null ? images.partners : queue.withImages(images.partners);
      total = align(total, u, v, images, outputs);
    }
    if (texts != null) {
      Tensor v = queue == null ? texts.partners : queue.withTexts(texts.partners);
      total = align(total, u, v, texts, outputs);
    }
    return total;
  }

  private Tensor align(Tensor total, Tensor u, Tensor v, Side side, List<Tensor> outputs) {
    Tensor loss = network.alignment().loss(u, v, side.pairs);
    outputs.add(loss);
    return plus(total, loss.mul((float) side.weight));
  }

  private static Tensor plus(Tensor total, Tensor term) {
    return total == null ? term : total.add(term);
  }

  @Override
  public void report(CropBatches.Batch batch, List<Tensor> outputs, Metrics metrics) {
    Iterator<Tensor> rest = outputs.subList(1, outputs.size()).iterator();
    if (settings.aligns()) {
      float[] seen = rest.next().toFloats();
      if (compares()) {
        report(images, seen, batch.images(), rest, metrics);
        report(texts, seen, batch.texts(), rest, metrics);
      }
      if (network.queue() != null) {
        network.queue().push(seen, batch.images(), batch.texts());
      }
    }
    if (rebuilds()) {
      metrics.add("loss.reconstruction", rest.next().item());
    }
  }

  private void report(
      Side side, float[] seen, float[] partners, Iterator<Tensor> rest, Metrics metrics) {
    if (side != null) {
      metrics.add("loss." + side.name, rest.next().item());
      metrics.add("retrieval." + side.name, Retrieval.top1(seen, partners, own));
    }
  }

  @Override
  public void close() {
    inputs.close();
  }
}
