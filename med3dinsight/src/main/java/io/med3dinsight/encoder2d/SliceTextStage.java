package io.med3dinsight.encoder2d;

import io.med3dinsight.UsageException;
import io.med3dinsight.engine.tensor.Device;
import io.med3dinsight.engine.tensor.Scope;
import io.med3dinsight.engine.tensor.Tensor;
import io.med3dinsight.nn.Module;
import io.med3dinsight.nn.Setup;
import io.med3dinsight.nn.checkpoint.Network;
import io.med3dinsight.nn.data.SampleKey;
import io.med3dinsight.nn.data.SampleSource;
import io.med3dinsight.nn.optim.Adam;
import io.med3dinsight.nn.optim.Optimizer;
import io.med3dinsight.nn.optim.ParameterGroup;
import io.med3dinsight.nn.optim.Schedule;
import io.med3dinsight.training.DeviceStep;
import io.med3dinsight.training.Metrics;
import io.med3dinsight.training.Stage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains the compact slice-text encoder contrastively: AdamW, a cosine schedule with warm-up, and
 * symmetric InfoNCE over batches whose texts differ as far as possible; pairs with equal texts that
 * still meet count as matches of each other. Its metrics are {@code loss} and {@code
 * retrieval.top1}, the share of slices nearest to a text equal to their own, within the batch.
 */
public final class SliceTextStage implements Stage<SliceTextStage.Batch> {
  /**
   * Pairs of one step.
   *
   * @param slices N slices
   * @param tokens their N texts
   * @param texts [N], equal numbers for equal texts
   */
  public record Batch(SliceBatch slices, TokenBatch tokens, int[] texts) {}

  /** The stage's name in metrics and file names. */
  public static final String NAME = "encoder2d";

  private static final double WARM_UP = 0.05;
  private static final double MAX_NORM = 5;

  private final SliceTextConfig config;
  private final List<SliceTextPair> pairs;
  private final int[] texts;
  private final List<int[]> tokens = new ArrayList<>();
  private final long seed;
  private final int batch;
  private final SliceTextModel model;
  private final Optimizer optimizer;
  private final Scope inputs = Scope.detached();
  private final Step step;

  /** Tokens of the longest text. */
  private final int length;

  /**
   * @param pairs to train on; their texts make the vocabulary
   * @param seed of the weights and the batches
   * @throws UsageException when there are not two different texts
   */
  public SliceTextStage(
      Device device, SliceTextConfig config, List<SliceTextPair> pairs, long seed) {
    this.config = config;
    this.pairs = List.copyOf(pairs);
    this.seed = seed;
    this.batch = Math.min(config.batch(), pairs.size());
    this.texts = numbers(pairs);
    WordTokenizer tokenizer = WordTokenizer.of(pairs.stream().map(SliceTextPair::text).toList());
    for (SliceTextPair p : pairs) {
      tokens.add(tokenizer.encode(p.text(), config.maxTokens()));
    }
    length = tokens.stream().mapToInt(t -> t.length).max().orElse(0);
    model = new SliceTextModel(Setup.of(device, seed), config, tokenizer);
    optimizer = Adam.adamW(ParameterGroup.decayMatricesOnly(model, config.weightDecay()));
    step = new Step(device);
  }

  private static int[] numbers(List<SliceTextPair> pairs) {
    Map<String, Integer> known = new HashMap<>();
    int[] out = new int[pairs.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = known.computeIfAbsent(pairs.get(i).text(), t -> known.size());
    }
    if (known.size() < 2) {
      throw new UsageException(
          "the slice-text encoder was given "
              + pairs.size()
              + " slices with "
              + known.size()
              + " different texts: expected at least 2; describe more slices.");
    }
    return out;
  }

  /** Writes the weights as they are now, for {@link CompactSliceTextEncoder#load}. */
  public void save(Path file) {
    CompactSliceTextEncoder.save(file, model);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Network network() {
    return model.network();
  }

  @Override
  public Module module() {
    return model;
  }

  @Override
  public Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public Schedule schedule() {
    long steps = (long) epochs() * stepsPerEpoch();
    return Schedule.cosine(config.learningRate(), Math.round(WARM_UP * steps), steps, 0);
  }

  @Override
  public double maxNorm() {
    return MAX_NORM;
  }

  /** Pairs that fill no whole batch are left for other epochs, which have another order. */
  @Override
  public int stepsPerEpoch() {
    return pairs.size() / batch;
  }

  @Override
  public int epochs() {
    return config.epochs();
  }

  @Override
  public long seed() {
    return seed;
  }

  @Override
  public SampleSource<Batch> batches() {
    return new SampleSource<>() {
      @Override
      public Batch load(SampleKey key) {
        int[] order = key.epochOrder(pairs.size());
        return batch(BatchPlan.of(order, texts, stepsPerEpoch(), batch)[key.index()]);
      }

      @Override
      public String describe(SampleKey key) {
        return "batch " + key.index() + " of " + batch + " slices";
      }
    };
  }

  private Batch batch(int[] chosen) {
    List<SliceTextPair> picked = new ArrayList<>();
    List<int[]> ids = new ArrayList<>();
    int[] number = new int[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      picked.add(pairs.get(chosen[i]));
      ids.add(tokens.get(chosen[i]));
      number[i] = texts[chosen[i]];
    }
    return new Batch(
        SliceBatch.of(
            picked.stream().map(SliceTextPair::thumbnail).toList(),
            picked.stream().map(SliceTextPair::plane).toList(),
            config.thumbnail()),
        TokenBatch.of(ids, length),
        number);
  }

  @Override
  public Tensor loss(Batch b, Metrics metrics) {
    step.load(b);
    List<Tensor> outputs = step.compute();
    step.report(b, outputs, metrics);
    return outputs.get(0);
  }

  @Override
  public DeviceStep<Batch> deviceStep() {
    return step;
  }

  /** Loss and logits of the pairs last loaded. All texts have one length, so that shapes are. */
  private final class Step implements DeviceStep<Batch> {
    private final Tensor slices;
    private final TextInput tokens;
    private final Tensor targets;

    Step(Device device) {
      int side = config.thumbnail();
      try (Scope s = Scope.open()) {
        slices = inputs.adopt(Tensor.zeros(device, batch, 1, side, side, SliceBatch.CHANNELS));
        tokens = TextInput.of(device, batch, length);
        inputs.adopt(tokens.ids());
        inputs.adopt(tokens.places());
        inputs.adopt(tokens.hidden());
        inputs.adopt(tokens.weights());
        targets = inputs.adopt(Tensor.zeros(device, batch, batch));
      }
    }

    @Override
    public void load(Batch b) {
      slices.copyFrom(b.slices().values());
      tokens.load(b.tokens());
      targets.copyFrom(InfoNce.targets(b.texts()));
    }

    @Override
    public List<Tensor> compute() {
      Tensor logits = model.logits(model.embed(slices), model.embed(tokens));
      return List.of(InfoNce.loss(logits, targets), logits);
    }

    @Override
    public void report(Batch b, List<Tensor> outputs, Metrics metrics) {
      metrics.add("retrieval.top1", top1(outputs.get(1).toFloats(), b.texts()));
    }
  }

  private static double top1(float[] logits, int[] texts) {
    int n = texts.length;
    int hits = 0;
    for (int i = 0; i < n; i++) {
      int best = 0;
      for (int j = 1; j < n; j++) {
        best = logits[i * n + j] > logits[i * n + best] ? j : best;
      }
      hits += texts[best] == texts[i] ? 1 : 0;
    }
    return (double) hits / n;
  }

  @Override
  public void close() {
    inputs.close();
    optimizer.close();
    model.close();
  }
}
