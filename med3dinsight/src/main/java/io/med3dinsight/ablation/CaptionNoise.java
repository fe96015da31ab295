package io.med3dinsight.ablation;

import io.med3dinsight.UsageException;
import io.med3dinsight.dataset.Draws;
import java.util.List;
import java.util.Locale;

/**
 * What is done to the descriptions before pretraining sees them.
 *
 * @param kind how a spoilt description comes about
 * @param share of the descriptions that are spoilt, 0 to 1
 */
public record CaptionNoise(Kind kind, double share) {
  /** How a description is spoilt. */
  public enum Kind {
    /** None is. */
    CLEAN,
    /** The spoilt ones change places among each other. */
    SHUFFLED,
    /** Each spoilt one gives way to a sentence that says nothing about the slice. */
    REPLACED
  }

  /** All descriptions as they are. */
  static final CaptionNoise CLEAN = new CaptionNoise(Kind.CLEAN, 0);

  /** What multimodal models say when they fail: refusals, and findings of other pictures. */
  static final List<String> EMPTY_SENTENCES =
      List.of(
          "I am sorry, but I cannot interpret medical images.",
          "The image shows a normal chest radiograph without any finding.",
          "No description is available for this picture.",
          "A photograph of a building in front of a blue sky.",
          "The scan is of diagnostic quality; please consult a radiologist.",
          "This slice shows the abdomen with liver, spleen and both kidneys.");

  private static final String EXPECTED =
      ": expected clean, shuffled:SHARE or replaced:SHARE with a share above 0, at most 1, such as"
          + " shuffled:0.2.";

  public CaptionNoise {
    boolean fits = kind == Kind.CLEAN ? share == 0 : share > 0 && share <= 1;
    if (!fits) {
      throw new UsageException("Descriptions are " + kind + " with share " + share + EXPECTED);
    }
  }

  /**
   * Reads {@code clean}, {@code shuffled:0.2} or {@code replaced:0.5}.
   *
   * @throws UsageException for anything else
   */
  public static CaptionNoise parse(String word) {
    String[] parts = word.strip().toLowerCase(Locale.ROOT).split(":", -1);
    for (Kind kind : Kind.values()) {
      boolean clean = kind == Kind.CLEAN;
      if (kind.name().equalsIgnoreCase(parts[0]) && parts.length == (clean ? 1 : 2)) {
        return new CaptionNoise(kind, clean ? 0 : share(word, parts[1]));
      }
    }
    throw new UsageException("--captions holds '" + word + "'" + EXPECTED);
  }

  private static double share(String word, String number) {
    try {
      return Double.parseDouble(number);
    } catch (NumberFormatException e) {
      throw new UsageException("--captions holds '" + word + "'" + EXPECTED, e);
    }
  }

  /** As the command line and tables write it. */
  String label() {
    String name = kind.name().toLowerCase(Locale.ROOT);
    return kind == Kind.CLEAN ? name : name + ":" + Shares.text(share);
  }

  /**
   * Which text each description gets: its own number, another's, or {@code -1 - k} for the k-th
   * empty sentence. With the same seed a smaller share spoils a part of what a larger one does.
   *
   * @param count number of descriptions
   */
  int[] sources(int count, long seed) {
    int[] source = new int[count];
    int[] order = new int[count];
    Draws draws = new Draws(seed, count);
    for (int i = 0; i < count; i++) {
      source[i] = i;
      int j = draws.nextInt(i + 1);
      order[i] = order[j];
      order[j] = i;
    }
    int spoilt = (int) Math.round(share * count);
    for (int k = 0; k < spoilt; k++) {
      source[order[k]] =
          switch (kind) {
            case CLEAN -> order[k];
            case SHUFFLED -> order[(k + 1) % spoilt];
            case REPLACED -> -1 - k % EMPTY_SENTENCES.size();
          };
    }
    return source;
  }
}
