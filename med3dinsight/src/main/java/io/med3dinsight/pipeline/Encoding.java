package io.med3dinsight.pipeline;

import io.med3dinsight.caption.Caption;
import io.med3dinsight.dataset.Scan;
import io.med3dinsight.encoder2d.CachedSliceTextEncoder;
import io.med3dinsight.encoder2d.CompactSliceTextEncoder;
import io.med3dinsight.encoder2d.Retrieval;
import io.med3dinsight.encoder2d.SliceTextEncoder;
import io.med3dinsight.encoder2d.SliceTextPair;
import io.med3dinsight.encoder2d.SliceTextStage;
import io.med3dinsight.encoder2d.clip.ClipSliceTextEncoder;
import io.med3dinsight.pretrain.DescribedVolume;
import io.med3dinsight.pretrain.DescribedVolume.EmbeddedSlice;
import io.med3dinsight.progress.Progress;
import io.med3dinsight.slice.Slice;
import io.med3dinsight.training.Trainer;
import io.med3dinsight.training.TrainingContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Trains the slice-text encoder, or loads the one that the settings name, and lets it embed the
 * slices and descriptions of a run.
 */
public final class Encoding {
  private final DescribedScans data;
  private final RunSettings settings;
  private final TrainingContext context;
  private final Map<String, List<Caption>> captions;

  public Encoding(
      DescribedScans data,
      RunSettings settings,
      TrainingContext context,
      Map<String, List<Caption>> captions) {
    this.data = data;
    this.settings = settings;
    this.context = context;
    this.captions = captions;
  }

  /**
   * The encoder that the settings name, or the one in the run's folder, trained first when it is
   * not there; null when stopped.
   */
  public SliceTextEncoder encoder(RunFolder folder) {
    Path clip = settings.clip().folder();
    if (clip != null) {
      Path cache = settings.clip().cache();
      SliceTextEncoder loaded = ClipSliceTextEncoder.load(clip, context.device());
      context
          .progress()
          .say("Slices and texts are embedded by " + loaded.id() + " of " + clip + ".");
      return cached(loaded, cache == null ? folder.embeddings() : cache);
    }
    if (!Files.exists(folder.sliceTextEncoder())) {
      try (SliceTextStage stage =
          new SliceTextStage(context.device(), settings.encoder2d(), pairs(), settings.seed())) {
        if (!Trainer.run(stage, context)) {
          return null;
        }
        stage.save(folder.sliceTextEncoder());
      }
    }
    return CompactSliceTextEncoder.load(folder.sliceTextEncoder(), context.device());
  }

  private static SliceTextEncoder cached(SliceTextEncoder loaded, Path folder) {
    try {
      return new CachedSliceTextEncoder(loaded, folder);
    } catch (RuntimeException e) {
      loaded.close();
      throw e;
    }
  }

  private List<SliceTextPair> pairs() {
    List<SliceTextPair> pairs = new ArrayList<>();
    List<Scan> scans = data.learning();
    try (Progress.Task task = context.progress().start("slices", scans.size(), "cases")) {
      for (Scan c : scans) {
        SliceSource slices = SliceSource.of(c, data.spacing());
        for (Caption caption : captions.get(c.id())) {
          pairs.add(SliceTextPair.of(slices.slice(caption), caption.text(), settings.encoder2d()));
        }
        task.step();
      }
    }
    return pairs;
  }

  /** The training cases with their slices' embeddings. */
  List<DescribedVolume> embed(SliceTextEncoder encoder) {
    List<DescribedVolume> volumes = new ArrayList<>();
    List<Scan> scans = data.learning();
    try (Progress.Task task = context.progress().start("embed", scans.size(), "cases")) {
      for (int i = 0; i < scans.size(); i++) {
        volumes.add(embed(encoder, scans.get(i), i));
        task.step();
      }
    }
    return volumes;
  }

  private DescribedVolume embed(SliceTextEncoder encoder, Scan c, int number) {
    List<Caption> described = captions.get(c.id());
    float[][] images = encoder.embedSlices(slices(c));
    float[][] texts = encoder.embedTexts(described.stream().map(Caption::text).toList());
    List<EmbeddedSlice> embedded = new ArrayList<>();
    for (int i = 0; i < images.length; i++) {
      Caption caption = described.get(i);
      embedded.add(new EmbeddedSlice(caption.plane(), caption.slice(), images[i], texts[i]));
    }
    return new DescribedVolume(
        c.id(), () -> data.image(number), data.extents().get(c.id()), embedded);
  }

  /** How well held-out slices find their own descriptions; null when no test case is described. */
  Retrieval retrieval(SliceTextEncoder encoder) {
    List<Slice> slices = new ArrayList<>();
    List<String> texts = new ArrayList<>();
    for (Scan c : data.heldOut()) {
      if (captions.containsKey(c.id())) {
        slices.addAll(slices(c));
        captions.get(c.id()).forEach(caption -> texts.add(caption.text()));
      }
    }
    return slices.isEmpty() ? null : Retrieval.of(encoder, slices, texts);
  }

  private List<Slice> slices(Scan c) {
    SliceSource source = SliceSource.of(c, data.spacing());
    return captions.get(c.id()).stream().map(source::slice).toList();
  }
}
