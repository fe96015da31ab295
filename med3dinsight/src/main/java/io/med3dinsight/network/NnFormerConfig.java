package io.med3dinsight.network;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.med3dinsight.UsageException;
import io.med3dinsight.nn.Setup;
import java.util.Arrays;

/**
 * Shape of an nnFormer (Zhou et al. 2021, arXiv 2109.03201).
 *
 * @param variant which of the three published networks the strides follow
 * @param inputChannels channels of the input volume
 * @param crop extents D, H, W that the windows are fitted to, as in training; other sizes can be
 *     used with the same weights
 * @param embedding channels of the first stage; each further stage has twice as many
 * @param depths blocks of each of the four stages
 * @param heads attention heads of each stage
 * @param patch voxels along D, H, W that become one token
 * @param windows extents of each stage's windows in tokens
 * @param dropPath stochastic depth of the last block in training, growing evenly from 0 at the
 *     first
 * @param hidePadding whether tokens that only fill up windows are hidden from attention; the
 *     published network lets them be seen
 */
public record NnFormerConfig(
    Variant variant,
    int inputChannels,
    int[] crop,
    int embedding,
    int[] depths,
    int[] heads,
    int[] patch,
    int[][] windows,
    double dropPath,
    boolean hidePadding)
    implements NetworkConfig {
  static final int STAGES = 4;

  /** The published networks. */
  public enum Variant {
    /** Brain tumours: cubic patches; the decoder has twice as many heads as the encoder. */
    TUMOR,
    /** Synapse (abdominal CT): patches half as deep as wide. */
    SYNAPSE,
    /** ACDC (cardiac MRI): depth is kept at first; windows are shifted without a mask. */
    ACDC
  }

  public NnFormerConfig {
    require("crop", crop.length == 3 && least(crop) >= 1, Arrays.toString(crop), "[D, H, W]");
    require("patch", patch.length == 3 && least(patch) >= 1, Arrays.toString(patch), "[D, H, W]");
    String four = "a number above 0 for each of the 4 stages";
    require("depths", depths.length == STAGES && least(depths) >= 1, Arrays.toString(depths), four);
    require("heads", heads.length == STAGES && least(heads) >= 1, Arrays.toString(heads), four);
    boolean cut = windows.length == STAGES;
    for (int[] w : windows) {
      cut &= w.length == 3 && least(w) >= 1;
    }
    require("windows", cut, Arrays.deepToString(windows), "[d, h, w] for each of the 4 stages");
    require("inputChannels", inputChannels >= 1, "" + inputChannels, "at least 1");
    boolean even = embedding >= 2 && embedding % 2 == 0;
    require("embedding", even, "" + embedding, "an even number of channels");
    require("dropPath", dropPath >= 0 && dropPath < 1, "" + dropPath, "at least 0 and below 1");
    for (int i = 0; i < STAGES; i++) {
      boolean fits = (embedding << i) % heads[i] == 0;
      if (i < STAGES - 1) {
        fits &= (embedding << i) % decoderHeads(variant, heads, i) == 0;
      }
      require(
          "heads",
          fits,
          Arrays.toString(heads),
          "numbers that divide the channels, " + (embedding << i) + " in stage " + i);
    }
  }

  private static int least(int[] n) {
    return Arrays.stream(n).min().orElse(0);
  }

  private static void require(String key, boolean holds, String found, String expected) {
    if (!holds) {
      throw new UsageException(
          "nnFormer's " + key + " is " + found + ": expected " + expected + ".");
    }
  }

  /** The published network for crops of 128^3, with embedding 96. */
  public static NnFormerConfig tumor(int inputChannels, int... crop) {
    return new NnFormerConfig(
        Variant.TUMOR,
        inputChannels,
        crop,
        96,
        new int[] {2, 2, 2, 2},
        new int[] {3, 6, 12, 24},
        new int[] {4, 4, 4},
        cubes(4, 4, 8, 4),
        0.2,
        false);
  }

  /** The published network for Synapse, crops of 64x128x128, with embedding 192. */
  public static NnFormerConfig synapse(int inputChannels, int... crop) {
    return new NnFormerConfig(
        Variant.SYNAPSE,
        inputChannels,
        crop,
        192,
        new int[] {2, 2, 2, 2},
        new int[] {6, 12, 24, 48},
        new int[] {2, 4, 4},
        cubes(4, 4, 8, 4),
        0.2,
        false);
  }

  /** The published network for ACDC, crops of 14x160x160, with embedding 96. */
  public static NnFormerConfig acdc(int inputChannels, int... crop) {
    return new NnFormerConfig(
        Variant.ACDC,
        inputChannels,
        crop,
        96,
        new int[] {2, 2, 2, 2},
        new int[] {3, 6, 12, 24},
        new int[] {1, 4, 4},
        new int[][] {{3, 5, 5}, {3, 5, 5}, {7, 10, 10}, {3, 5, 5}},
        0.2,
        false);
  }

  /** Cubic windows. */
  public static int[][] cubes(int... extents) {
    return Arrays.stream(extents).mapToObj(e -> new int[] {e, e, e}).toArray(int[][]::new);
  }

  // ---- what follows

  /** Strides of the two halves of the patch embedding. */
  public int[][] embeddingStrides() {
    int[] half = {Math.max(1, patch[0] / 2), Math.max(1, patch[1] / 2), Math.max(1, patch[2] / 2)};
    int[] first = half.clone();
    int[] second = half.clone();
    if (variant == Variant.SYNAPSE) {
      first[0] = patch[0];
    } else if (variant == Variant.ACDC) {
      first[0] = 1;
      second[0] = 1;
    }
    return new int[][] {first, second};
  }

  /** The step along D, H, W from stage {@code i} to the next. */
  public int[] stride(int i) {
    return variant == Variant.ACDC && i == 0 ? new int[] {1, 2, 2} : new int[] {2, 2, 2};
  }

  /** Kernel and padding of the convolution from stage {@code i} to the next. */
  int[][] merging(int i) {
    if (variant == Variant.ACDC && i == 0) {
      return new int[][] {{1, 3, 3}, {0, 1, 1}};
    }
    int depth = variant == Variant.ACDC && i == 2 ? 0 : 1;
    return new int[][] {{3, 3, 3}, {depth, 1, 1}};
  }

  private static int decoderHeads(Variant variant, int[] heads, int level) {
    return heads[variant == Variant.TUMOR ? level + 1 : level];
  }

  /** Attention heads of a level of the decoder, 0 the finest. */
  public int decoderHeads(int level) {
    return decoderHeads(variant, heads, level);
  }

  /** Tokens along D, H, W of stage {@code i} for the crop, as the published code counts them. */
  private int[] resolution(int i) {
    int[] n = new int[3];
    for (int a = 0; a < 3; a++) {
      int step = patch[a];
      for (int s = 0; s < i; s++) {
        step *= stride(s)[a];
      }
      n[a] = crop[a] / step;
    }
    return n;
  }

  /** A stage's windows, and whether every other block shifts them. */
  record Attention(int[] window, boolean shifts) {
    int[] shift() {
      return shifts ? new int[] {window[0] / 2, window[1] / 2, window[2] / 2} : new int[] {0, 0, 0};
    }
  }

  /** A window as large as the crop's grid takes in the whole of it, and is not shifted. */
  Attention attention(int i) {
    int[] grid = resolution(i);
    int[] window = windows[i];
    if (variant == Variant.ACDC) {
      // The published code shifts along all axes or none.
      boolean half = window[0] > 1 && window[1] > 1 && window[2] > 1;
      return new Attention(window, half && !Arrays.equals(grid, window));
    }
    int shortest = Math.max(1, least(grid));
    boolean shifts = true;
    int[] fitted = window.clone();
    for (int a = 0; a < 3; a++) {
      if (shortest <= window[a]) {
        fitted[a] = shortest;
        shifts = false;
      }
    }
    return new Attention(fitted, shifts);
  }

  @Override
  public NetworkType type() {
    return NetworkType.NNFORMER;
  }

  @Override
  public NnFormer build(Setup setup, int outputs, int supervised) {
    return new NnFormer(setup, this, outputs, supervised);
  }

  @Override
  public ObjectNode toJson() {
    return NetworkJson.write(this);
  }

  @Override
  public String signature() {
    return "nnformer("
        + variant.name().toLowerCase(java.util.Locale.ROOT)
        + ", in="
        + inputChannels
        + ", crop="
        + Arrays.toString(crop)
        + ", embedding="
        + embedding
        + ", depths="
        + Arrays.toString(depths)
        + ", heads="
        + Arrays.toString(heads)
        + ", patch="
        + Arrays.toString(patch)
        + ", windows="
        + Arrays.deepToString(windows)
        + ", dropPath="
        + dropPath
        + (hidePadding ? ", padding hidden)" : ")");
  }

  @Override
  public boolean equals(Object o) {
    return o instanceof NnFormerConfig c && signature().equals(c.signature());
  }

  @Override
  public int hashCode() {
    return signature().hashCode();
  }

  @Override
  public String toString() {
    return signature();
  }
}
