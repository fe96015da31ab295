package io.med3dinsight.volume;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;

/** SHA-256 of the voxels as little-endian float64. */
final class HashSink extends VoxelSink {
  private final MessageDigest digest;

  HashSink() throws GeneralSecurityException {
    digest = MessageDigest.getInstance("SHA-256");
  }

  @Override
  void put(double[] values, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values, 0, count);
    digest.update(bytes.array());
  }

  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
