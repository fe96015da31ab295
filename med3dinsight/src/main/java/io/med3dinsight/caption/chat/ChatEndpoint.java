package io.med3dinsight.caption.chat;

import io.med3dinsight.UsageException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * Where pictures are sent: the address of an OpenAI-compatible chat service, and the key for it.
 * Only https, and plain http to this machine, unless the caller allows plain http expressly.
 */
public final class ChatEndpoint {
  private static final String CHAT = "/chat/completions";

  private final String base;
  private final String model;
  private final String key;

  private ChatEndpoint(String base, String model, String key) {
    this.base = base;
    this.model = model;
    this.key = key;
  }

  /**
   * @param url base address as OpenAI's clients take it, such as {@code http://localhost:8000/v1};
   *     {@code /chat/completions} at its end is left aside
   * @param model the model's name at the service
   * @param key sent as a bearer token; null for none
   * @param plainHttp whether http to another machine is allowed, where anybody on the way can read
   *     the pictures and the key
   * @throws UsageException for an address or a key that cannot be used
   */
  public static ChatEndpoint of(String url, String model, String key, boolean plainHttp) {
    URI uri = uri(url);
    if (uri.getUserInfo() != null || uri.getQuery() != null || uri.getFragment() != null) {
      throw new UsageException(
          "The endpoint's address has a user, a query or a fragment; give the base address alone,"
              + " such as http://localhost:8000/v1, and a key by an environment variable.");
    }
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    if (uri.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new UsageException(
          "The endpoint's address is '"
              + url
              + "': expected http:// or https:// with a host, such as http://localhost:8000/v1.");
    }
    if (scheme.equals("http") && !plainHttp && !isLoopback(uri.getHost())) {
      throw new UsageException(
          "The endpoint "
              + url
              + " is another machine without encryption, where anybody on the way can read the"
              + " pictures: use https, or allow it with --allow-plain-http.");
    }
    if (model == null || model.isBlank()) {
      throw new UsageException("The model's name is missing: give it as the endpoint knows it.");
    }
    if (key != null && !key.matches("[\\x21-\\x7e]+")) {
      throw new UsageException(
          "The key holds a space, a line break or a letter that no key has: check the environment"
              + " variable.");
    }
    String base = uri.toString().replaceFirst("/+$", "");
    base = base.endsWith(CHAT) ? base.substring(0, base.length() - CHAT.length()) : base;
    return new ChatEndpoint(base, model.strip(), key);
  }

  private static URI uri(String url) {
    try {
      return new URI(url.strip());
    } catch (URISyntaxException e) {
      throw new UsageException(
          "The endpoint's address '"
              + url
              + "' cannot be used ("
              + e.getReason()
              + "): expected http:// or https:// with a host, such as http://localhost:8000/v1.",
          e);
    }
  }

  private static boolean isLoopback(String host) {
    // By name and number alone: what a name server says may change between check and use.
    return host.equalsIgnoreCase("localhost")
        || host.matches("127(\\.\\d{1,3}){3}")
        || host.equals("[::1]");
  }

  /** The base address. */
  public String base() {
    return base;
  }

  /** The model's name. */
  public String model() {
    return model;
  }

  URI chat() {
    return URI.create(base + CHAT);
  }

  URI models() {
    return URI.create(base + "/models");
  }

  /** The key; null for none. */
  String key() {
    return key;
  }

  /** Text from the service without the key, which some services repeat in their errors. */
  String withoutKey(String text) {
    return key == null ? text : text.replace(key, "(key)");
  }

  @Override
  public String toString() {
    return base + ", model " + model;
  }
}
