package io.med3dinsight.ablation;

import io.med3dinsight.caption.Caption;
import io.med3dinsight.dataset.Case;
import io.med3dinsight.dataset.Draws;
import io.med3dinsight.dataset.TrainingCase;
import io.med3dinsight.encoder2d.SliceTextEncoder;
import io.med3dinsight.pipeline.Descriptions;
import io.med3dinsight.pipeline.Encoding;
import io.med3dinsight.pipeline.PreparedData;
import io.med3dinsight.pipeline.RunFolder;
import io.med3dinsight.pipeline.RunSettings;
import io.med3dinsight.pipeline.SliceSource;
import io.med3dinsight.pretrain.DescribedVolume;
import io.med3dinsight.pretrain.DescribedVolume.EmbeddedSlice;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.slice.Slice;
import io.med3dinsight.training.TrainingContext;
import io.med3dinsight.volume.Grid;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Prepared cases and embeddings, computed once for all cells. */
final class SharedData implements AutoCloseable {
  /** A case with the embeddings of its slices and descriptions, as they were written. */
  private record Embedded(
      String id,
      Supplier<float[][]> source,
      int[] extents,
      List<Caption> captions,
      float[][] images,
      float[][] texts) {}

  private final PreparedData data;
  private final List<Embedded> training = new ArrayList<>();
  private final List<Embedded> heldOut = new ArrayList<>();
  private float[][] emptySentences;
  private String encoder;

  private SharedData(PreparedData data) {
    this.data = data;
  }

  /** Prepares the cases; the embeddings follow in {@link #embed}. */
  static SharedData of(RunSettings settings, RunFolder folder, Progress progress) {
    return new SharedData(PreparedData.of(settings, folder, progress));
  }

  PreparedData data() {
    return data;
  }

  /**
   * Describes and embeds the slices of the training cases and of some test cases.
   *
   * @return false when the user stopped the work
   */
  boolean embed(RunSettings settings, RunFolder folder, TrainingContext context, int gapCases) {
    Map<String, List<Caption>> captions =
        new Descriptions(data, settings, context.progress(), context.stop()).of(folder);
    if (captions == null) {
      return false;
    }
    List<Case> test =
        data.test().stream().filter(c -> captions.containsKey(c.id())).limit(gapCases).toList();
    try (SliceTextEncoder e = new Encoding(data, settings, context, captions).encoder(folder);
        Progress.Task task =
            context.progress().start("embed", data.training().size() + test.size(), "cases")) {
      if (e == null) {
        return false;
      }
      encoder = e.id();
      emptySentences = e.embedTexts(CaptionNoise.EMPTY_SENTENCES);
      for (int i = 0; i < data.training().size(); i++) {
        int number = i;
        Case c = data.training().get(i);
        Supplier<float[][]> source = () -> data.prepared().get(number).channels();
        training.add(embed(e, c, captions.get(c.id()), data.prepared().grid(i), source));
        task.step();
      }
      for (Case c : test) {
        TrainingCase prepared =
            TrainingCase.of(data.dataset().load(c), data.plan().preprocessing());
        float[][] image = prepared.channels();
        heldOut.add(embed(e, c, captions.get(c.id()), prepared.grid(), () -> image));
        task.step();
      }
      return true;
    }
  }

  private Embedded embed(
      SliceTextEncoder e, Case c, List<Caption> captions, Grid g, Supplier<float[][]> source) {
    SliceSource scan = SliceSource.of(data.scan(c), data.spacing());
    List<Slice> slices = captions.stream().map(scan::slice).toList();
    return new Embedded(
        c.id(),
        source,
        new int[] {g.depth(), g.height(), g.width()},
        captions,
        e.embedSlices(slices),
        e.embedTexts(captions.stream().map(Caption::text).toList()));
  }

  /** Name of the 2D encoders. */
  String encoder() {
    return encoder;
  }

  /** The training cases, their descriptions spoilt. */
  List<DescribedVolume> described(CaptionNoise noise, long seed) {
    List<float[]> texts = new ArrayList<>();
    training.forEach(e -> Collections.addAll(texts, e.texts()));
    int[] sources = noise.sources(texts.size(), seed);
    List<DescribedVolume> volumes = new ArrayList<>();
    int at = 0;
    for (Embedded e : training) {
      float[][] own = new float[e.texts().length][];
      for (int i = 0; i < own.length; i++, at++) {
        own[i] = sources[at] >= 0 ? texts.get(sources[at]) : emptySentences[-1 - sources[at]];
      }
      volumes.add(volume(e, own));
    }
    return volumes;
  }

  /** The test cases on which the gap is measured, with their own descriptions. */
  List<DescribedVolume> heldOut() {
    return heldOut.stream().map(e -> volume(e, e.texts())).toList();
  }

  private static DescribedVolume volume(Embedded e, float[][] texts) {
    List<EmbeddedSlice> slices = new ArrayList<>();
    for (int i = 0; i < texts.length; i++) {
      Caption c = e.captions().get(i);
      slices.add(new EmbeddedSlice(c.plane(), c.slice(), e.images()[i], texts[i]));
    }
    return new DescribedVolume(e.id(), e.source(), e.extents(), slices);
  }

  /**
   * The training cases whose labels a cell may use, at least one. With the same seed a smaller
   * share is a part of a larger one.
   */
  static List<String> labelled(List<String> ids, double share, long seed) {
    List<String> order = new ArrayList<>(ids);
    Collections.sort(order);
    Draws draws = new Draws(seed);
    for (int i = order.size() - 1; i > 0; i--) {
      Collections.swap(order, i, draws.nextInt(i + 1));
    }
    int count = Math.max(1, (int) Math.round(share * order.size()));
    return order.subList(0, count).stream().sorted().toList();
  }

  @Override
  public void close() {
    data.close();
  }
}
