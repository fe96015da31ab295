package io.med3dinsight.engine.cpu;

import java.util.List;

/**
 * How a convolution, or its gradient with respect to the input, is cut: tiles of output rows whose
 * source rows fit the second-level cache once copied, blocks of output channels, and the order of
 * the sum. It depends on sizes alone.
 */
final class ConvPlan {
  /** Source rows of one tile, in floats. */
  private static final int TILE = 320 << 10;

  /** Tasks that keep many cores busy. */
  private static final int TASKS = 16;

  /** Columns that a register tile may read past the end of a row. */
  private static final int SLACK = 24;

  final int batch;
  final int groups;
  final int sourceD;
  final int sourceH;
  final int sourceW;
  final int sourceC;
  final int targetD;
  final int targetH;
  final int targetW;
  final int targetC;
  final int groupSource;
  final int groupTarget;
  final boolean backward;
  final List<ConvPhase> z;
  final List<ConvPhase> y;
  final List<ConvPhase> x;
  final int minZ;
  final int minY;
  final int minX;
  final int spanZ;
  final int spanY;
  final int columnPhases;
  final int pitch;
  final int rowSize;
  final int countZ;
  final int countY;
  final int lanes;
  final int vectors;
  final int blocks;
  int tileZ;
  int tileY;
  int splits;

  ConvPlan(ConvGeometry g, boolean backward, int lanes) {
    this.backward = backward;
    batch = g.batch();
    groups = g.groups();
    sourceD = backward ? g.d().out() : g.d().in();
    sourceH = backward ? g.h().out() : g.h().in();
    sourceW = backward ? g.w().out() : g.w().in();
    sourceC = backward ? g.outChannels() : g.inChannels();
    targetD = backward ? g.d().in() : g.d().out();
    targetH = backward ? g.h().in() : g.h().out();
    targetW = backward ? g.w().in() : g.w().out();
    targetC = backward ? g.inChannels() : g.outChannels();
    groupSource = sourceC / groups;
    groupTarget = targetC / groups;
    z = backward ? ConvPhase.backward(g.d()) : ConvPhase.forward(g.d());
    y = backward ? ConvPhase.backward(g.h()) : ConvPhase.forward(g.h());
    x = backward ? ConvPhase.backward(g.w()) : ConvPhase.forward(g.w());
    minZ = ConvPhase.minOff(z);
    minY = ConvPhase.minOff(y);
    minX = ConvPhase.minOff(x);
    spanZ = ConvPhase.maxOff(z) - minZ;
    spanY = ConvPhase.maxOff(y) - minY;
    int spanX = ConvPhase.maxOff(x) - minX;
    int step = x.get(0).inStep();
    columnPhases = Math.min(step, spanX + 1);
    pitch = ConvPhase.maxCount(x) + spanX / step + SLACK;
    rowSize = groupSource * columnPhases * pitch;
    countZ = ConvPhase.maxCount(z);
    countY = ConvPhase.maxCount(y);
    this.lanes = lanes;
    vectors = groupTarget > lanes ? 2 : 1;
    blocks = (groupTarget + vectors * lanes - 1) / (vectors * lanes);
    tile();
  }

  private void tile() {
    tileZ = countZ;
    tileY = countY;
    while (tileZ * tileY > 1 && (long) tileDepth() * tileHeight() * rowSize > TILE) {
      halve();
    }
    while (tileZ * tileY > 16 && batch * groups * tiles() * blocks < TASKS) {
      halve();
    }
    splits = Math.max(1, Math.min(blocks, TASKS / Math.max(1, batch * groups * tiles())));
  }

  private void halve() {
    if (tileZ >= tileY) {
      tileZ = (tileZ + 1) / 2;
    } else {
      tileY = (tileY + 1) / 2;
    }
  }

  int tilesZ() {
    return (countZ + tileZ - 1) / tileZ;
  }

  int tilesY() {
    return (countY + tileY - 1) / tileY;
  }

  int tiles() {
    return tilesZ() * tilesY();
  }

  /** Source planes of a tile. */
  int tileDepth() {
    return (tileZ - 1) * z.get(0).inStep() + spanZ + 1;
  }

  /** Source rows of one plane of a tile. */
  int tileHeight() {
    return (tileY - 1) * y.get(0).inStep() + spanY + 1;
  }

  /** Floats of the packed source rows of a tile. */
  int tileSize() {
    return Math.multiplyExact(Math.multiplyExact(tileDepth(), tileHeight()), rowSize);
  }

  int tasks() {
    return batch * groups * tiles() * splits;
  }

  /** Output channels of a group, rounded up to whole vectors. */
  int paddedTarget() {
    return (groupTarget + lanes - 1) / lanes * lanes;
  }

  /** Terms of the sum in one output of a combination of phases. */
  int terms(ConvPhase pz, ConvPhase py, ConvPhase px) {
    return pz.taps() * py.taps() * px.taps() * groupSource;
  }

  /**
   * Where in the packed rows the terms of a combination of phases lie, relative to the first row
   * and column.
   */
  int[] table(ConvPhase pz, ConvPhase py, ConvPhase px) {
    int[] t = new int[terms(pz, py, px)];
    int n = 0;
    int step = px.inStep();
    for (int oz : pz.off()) {
      for (int oy : py.off()) {
        int row = ((oz - minZ) * tileHeight() + oy - minY) * rowSize;
        for (int ox : px.off()) {
          int column = (ox - minX) % step * pitch + (ox - minX) / step;
          for (int c = 0; c < groupSource; c++) {
            t[n++] = row + c * columnPhases * pitch + column;
          }
        }
      }
    }
    return t;
  }
}
