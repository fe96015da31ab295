package io.med3dinsight.dicom.codec;

import java.util.List;

/** Code-blocks of one place and resolution, which packets bring together, a layer at a time. */
final class Precinct {
  /** The code-blocks of one band, row by row. */
  record Part(int columns, int rows, CodeBlock[] blocks, TagTree inclusion, TagTree planes) {}

  private final List<Part> parts;
  private int layer;

  Precinct(List<Part> parts) {
    this.parts = parts;
  }

  /** Reads the packet of the next layer from a place on; returns where it ends. */
  int packet(byte[] data, int from) throws CodecException {
    int at = from;
    // SOP and EPH frame packets where the coder chose so.
    if (isMarker(data, at, 0x91)) {
      at += 6;
    }
    PacketBits bits = new PacketBits(data, at);
    boolean empty = bits.next() == 0;
    for (Part p : empty ? List.<Part>of() : parts) {
      for (int i = 0; i < p.blocks.length; i++) {
        p.blocks[i].header(i % p.columns, i / p.columns, layer, p.inclusion, p.planes, bits);
      }
    }
    at = bits.end();
    if (isMarker(data, at, 0x92)) {
      at += 2;
    }
    for (Part p : empty ? List.<Part>of() : parts) {
      for (CodeBlock block : p.blocks) {
        at = block.body(data, at);
      }
    }
    layer++;
    return at;
  }

  private static boolean isMarker(byte[] data, int at, int code) {
    return at + 1 < data.length && data[at] == (byte) 0xff && data[at + 1] == (byte) code;
  }
}
