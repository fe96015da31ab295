package io.med3dinsight.dicom.codec;

import java.util.ArrayList;
import java.util.List;

/** One tile of a JPEG 2000 image: its packets, bands and samples. */
final class Tile {
  private final Coding coding;
  private final int[] bounds;
  private final int depth;

  /** What a resolution adds: x0, y0, x1, y1, its bands, and its precincts row by row. */
  private record Resolution(
      int x0,
      int y0,
      int x1,
      int y1,
      List<Band> bands,
      int across,
      int down,
      Precinct[] precincts,
      List<List<CodeBlock>> blocks) {}

  private final List<Resolution> resolutions = new ArrayList<>();

  /**
   * @param bounds x0, y0, x1, y1 on the reference grid
   */
  Tile(Coding coding, int[] bounds, int depth) {
    this.coding = coding;
    this.bounds = bounds;
    this.depth = depth;
  }

  /** Samples row by row, before the shift of unsigned ones. */
  double[] decode(byte[] data) throws CodecException {
    long packets = 0;
    for (int r = 0; r <= coding.levels(); r++) {
      packets += precinctCount(r) * coding.layers();
      // Each packet takes a byte at least, so a claim of more costs nothing.
      if (packets > data.length) {
        throw new CodecException("its JPEG 2000 data end too early");
      }
      resolutions.add(resolution(r));
    }
    new Packets(data).read();
    return synthesized();
  }

  private int[] extent(int r) {
    int shift = coding.levels() - r;
    int[] e = new int[4];
    for (int i = 0; i < 4; i++) {
      e[i] = (int) Codestream.ceilShift(bounds[i], shift);
    }
    return e;
  }

  private static int count(int from, int to, int log) {
    return to > from ? (int) (Codestream.ceilShift(to, log) - (from >> log)) : 0;
  }

  private long precinctCount(int r) {
    int[] e = extent(r);
    return (long) count(e[0], e[2], coding.precinctWidthLog(r))
        * count(e[1], e[3], coding.precinctHeightLog(r));
  }

  private Resolution resolution(int r) throws CodecException {
    int[] e = extent(r);
    List<Band> bands = new ArrayList<>();
    for (Band.Kind kind : Band.Kind.values()) {
      if ((kind == Band.Kind.LL) == (r == 0)) {
        bands.add(coding.band(r, kind, bounds, depth));
      }
    }
    int across = count(e[0], e[2], coding.precinctWidthLog(r));
    int down = count(e[1], e[3], coding.precinctHeightLog(r));
    List<List<CodeBlock>> blocks = new ArrayList<>();
    bands.forEach(b -> blocks.add(new ArrayList<>()));
    Precinct[] precincts = new Precinct[across * down];
    for (int i = 0; i < precincts.length; i++) {
      int px = (e[0] >> coding.precinctWidthLog(r)) + i % across;
      int py = (e[1] >> coding.precinctHeightLog(r)) + i / across;
      List<Precinct.Part> parts = new ArrayList<>();
      for (int b = 0; b < bands.size(); b++) {
        parts.add(part(r, bands.get(b), px, py, blocks.get(b)));
      }
      precincts[i] = new Precinct(parts);
    }
    return new Resolution(e[0], e[1], e[2], e[3], bands, across, down, precincts, blocks);
  }

  private Precinct.Part part(int r, Band band, int px, int py, List<CodeBlock> all) {
    int half = r == 0 ? 0 : 1;
    int widthLog = coding.precinctWidthLog(r) - half;
    int heightLog = coding.precinctHeightLog(r) - half;
    int x0 = (int) Math.max((long) px << widthLog, band.x0());
    int y0 = (int) Math.max((long) py << heightLog, band.y0());
    int x1 = (int) Math.min((long) px + 1 << widthLog, band.x1());
    int y1 = (int) Math.min((long) py + 1 << heightLog, band.y1());
    int xLog = Math.min(coding.blockWidthLog(), widthLog);
    int yLog = Math.min(coding.blockHeightLog(), heightLog);
    int columns = y1 > y0 ? count(x0, x1, xLog) : 0;
    int rows = x1 > x0 ? count(y0, y1, yLog) : 0;
    CodeBlock[] blocks = new CodeBlock[columns * rows];
    for (int i = 0; i < blocks.length; i++) {
      int bx = (x0 >> xLog) + i % columns;
      int by = (y0 >> yLog) + i / columns;
      blocks[i] =
          new CodeBlock(
              Math.max(bx << xLog, x0),
              Math.max(by << yLog, y0),
              Math.min(bx + 1 << xLog, x1),
              Math.min(by + 1 << yLog, y1));
      all.add(blocks[i]);
    }
    return new Precinct.Part(
        columns, rows, blocks, new TagTree(columns, rows), new TagTree(columns, rows));
  }

  // ---- coefficients to samples

  private double[] synthesized() throws CodecException {
    double[] low = null;
    for (int r = 0; r < resolutions.size(); r++) {
      Resolution res = resolutions.get(r);
      int width = res.x1 - res.x0;
      int height = res.y1 - res.y0;
      double[] out = new double[width * height];
      if (low != null) {
        Resolution below = resolutions.get(r - 1);
        int lowWidth = below.x1 - below.x0;
        for (int i = 0; i < low.length; i++) {
          int x = 2 * (below.x0 + i % lowWidth) - res.x0;
          int y = 2 * (below.y0 + i / lowWidth) - res.y0;
          out[y * width + x] = low[i];
        }
      }
      for (int b = 0; b < res.bands.size(); b++) {
        for (CodeBlock block : res.blocks.get(b)) {
          place(block, res.bands.get(b), res, out);
        }
      }
      if (r > 0 && out.length > 0) {
        Wavelet.inverse(out, width, res.x0, res.y0, width, height, coding.reversible());
      }
      low = out;
    }
    return low;
  }

  private void place(CodeBlock block, Band band, Resolution res, double[] out)
      throws CodecException {
    if (block.passes() == 0) {
      return;
    }
    int[] twice = CodeBlockDecoder.decode(block, band.kind(), coding.style(), band.planes());
    int scale = band.kind() == Band.Kind.LL ? 1 : 2;
    int width = res.x1 - res.x0;
    for (int i = 0; i < twice.length; i++) {
      int x = scale * (block.x0() + i % block.width()) + band.kind().x - res.x0;
      int y = scale * (block.y0() + i / block.width()) + band.kind().y - res.y0;
      // Towards zero, which leaves what was decoded to the last plane exact.
      out[y * width + x] = coding.reversible() ? twice[i] / 2 : twice[i] / 2.0 * band.step();
    }
  }

  // ---- the order of packets, T.800 B.12

  private final class Packets {
    private final byte[] data;
    private int at;

    Packets(byte[] data) {
      this.data = data;
    }

    void read() throws CodecException {
      int layers = coding.layers();
      int levels = coding.levels();
      switch (coding.progression()) {
        case 0 -> {
          for (int l = 0; l < layers; l++) {
            for (int r = 0; r <= levels; r++) {
              all(r);
            }
          }
        }
        case 1 -> {
          for (int r = 0; r <= levels; r++) {
            for (int l = 0; l < layers; l++) {
              all(r);
            }
          }
        }
        case 2 -> {
          for (int r = 0; r <= levels; r++) {
            byPosition(r, r);
          }
        }
        // With one component, position before component and after it are the same.
        default -> byPosition(0, levels);
      }
    }

    private void all(int r) throws CodecException {
      for (Precinct p : resolutions.get(r).precincts) {
        at = p.packet(data, at);
      }
    }

    /** A precinct and its place on the reference grid, by which it comes. */
    private record Placed(long y, long x, int resolution, int index) {}

    private void byPosition(int from, int to) throws CodecException {
      List<Placed> order = new ArrayList<>();
      for (int r = from; r <= to; r++) {
        Resolution res = resolutions.get(r);
        int shift = coding.levels() - r;
        for (int i = 0; i < res.precincts.length; i++) {
          long px = (long) (res.x0 >> coding.precinctWidthLog(r)) + i % res.across;
          long py = (long) (res.y0 >> coding.precinctHeightLog(r)) + i / res.across;
          // The first precinct of a row begins where the tile does.
          long x = Math.max(px << coding.precinctWidthLog(r) + shift, bounds[0]);
          long y = Math.max(py << coding.precinctHeightLog(r) + shift, bounds[1]);
          order.add(new Placed(y, x, r, i));
        }
      }
      order.sort(
          java.util.Comparator.comparingLong(Placed::y)
              .thenComparingLong(Placed::x)
              .thenComparingInt(Placed::resolution)
              .thenComparingInt(Placed::index));
      for (Placed p : order) {
        Precinct precinct = resolutions.get(p.resolution).precincts[p.index];
        for (int l = 0; l < coding.layers(); l++) {
          at = precinct.packet(data, at);
        }
      }
    }
  }
}
