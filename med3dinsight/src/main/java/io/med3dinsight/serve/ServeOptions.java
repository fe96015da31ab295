package io.med3dinsight.serve;

import io.med3dinsight.UsageException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * How a server serves.
 *
 * @param host address to listen on; anything but the machine itself needs a token
 * @param port 0 for any that is free
 * @param token what requests must carry as {@code Authorization: Bearer TOKEN}; null for none
 * @param maxBytes largest body that is taken
 * @param maxVoxels largest image that is taken, in voxels of all its frames
 * @param queue images that may wait while one is computed
 * @param uploads bodies that may arrive at a time
 * @param patience time in which a body must have arrived
 */
public record ServeOptions(
    String host,
    int port,
    String token,
    long maxBytes,
    long maxVoxels,
    int queue,
    int uploads,
    Duration patience) {
  private static final int SHORTEST_TOKEN = 16;

  public ServeOptions {
    if (port < 0 || port > 65535) {
      throw new UsageException("The port is " + port + ": expected 0 to 65535.");
    }
    if (maxBytes < 1 || maxVoxels < 1 || queue < 1 || uploads < 1 || patience.toMillis() < 1) {
      throw new UsageException(
          "Limits of the server must be positive: found "
              + maxBytes
              + " bytes, "
              + maxVoxels
              + " voxels, "
              + queue
              + " images in the queue, "
              + uploads
              + " uploads, "
              + patience.toMillis()
              + " ms.");
    }
    if (token != null && token.length() < SHORTEST_TOKEN) {
      throw new UsageException(
          "The token has "
              + token.length()
              + " characters: expected at least "
              + SHORTEST_TOKEN
              + ", such as those of `openssl rand -hex 16`.");
    }
    if (token == null && !isLoopback(host)) {
      throw new UsageException(
          "Host "
              + host
              + " can be reached from other machines: give a token (--token-file), or listen on"
              + " 127.0.0.1.");
    }
  }

  /** For programs on the same machine: any free port of 127.0.0.1. */
  public static ServeOptions standard() {
    return new ServeOptions(
        "127.0.0.1", 0, null, 512L << 20, 512L << 20, 16, 64, Duration.ofSeconds(60));
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new UsageException("Host " + host + " is not known: name one of this machine's.", e);
    }
  }
}
