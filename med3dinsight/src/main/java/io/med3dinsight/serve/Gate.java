package io.med3dinsight.serve;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Optional;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/** Decides who may ask. */
final class Gate {
  private static final String BEARER = "Bearer ";

  /**
   * Why a request is refused.
   *
   * @param status 401 or 403
   */
  record Refusal(int status, String sentence) {}

  private final byte[] token;

  Gate(String token) {
    this.token = token == null ? null : token.getBytes(StandardCharsets.UTF_8);
  }

  /** Empty when the request may pass. */
  Optional<Refusal> refusal(Request request) {
    if (token == null) {
      // A page in this machine's browser can send requests here, and by a trick with names read
      // the answers; both carry the name of a host that is not this one.
      String origin = request.getHeaders().get(HttpHeader.ORIGIN);
      boolean foreign = origin != null && !isLocal(origin.replaceFirst("^[a-z]+://", ""));
      if (foreign || !isLocal(Request.getServerName(request))) {
        return Optional.of(
            new Refusal(403, "Without a token this server answers this machine's programs only."));
      }
      return Optional.empty();
    }
    String given = request.getHeaders().get(HttpHeader.AUTHORIZATION);
    boolean right =
        given != null
            && given.startsWith(BEARER)
            // In a time that does not tell how much of it was right.
            && MessageDigest.isEqual(
                token, given.substring(BEARER.length()).getBytes(StandardCharsets.UTF_8));
    return right
        ? Optional.empty()
        : Optional.of(
            new Refusal(401, "The request needs the header Authorization: Bearer TOKEN."));
  }

  private static boolean isLocal(String host) {
    return host.matches("(localhost|127\\.\\d+\\.\\d+\\.\\d+|\\[?::1]?)(:\\d+)?");
  }
}
