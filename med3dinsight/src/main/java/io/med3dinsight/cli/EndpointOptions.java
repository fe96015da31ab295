package io.med3dinsight.cli;

import io.med3dinsight.UsageException;
import io.med3dinsight.caption.chat.CaptionSettings.Traffic;
import io.med3dinsight.caption.chat.ChatEndpoint;
import io.med3dinsight.caption.chat.RequestOptions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options of a chat service and how it is used; a mixin. */
final class EndpointOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Base address of an OpenAI-compatible service, such as http://localhost:8000/v1 (vLLM) or"
              + " http://localhost:11434/v1 (Ollama).")
  private String url;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "The model's name at the service; it has to take pictures.")
  private String model;

  @Option(
      names = "--key-env",
      paramLabel = "VARIABLE",
      description = "Environment variable that holds the service's key; without it none is sent.")
  private String keyVariable;

  @Option(
      names = "--allow-plain-http",
      description = "Allow http to another machine, where others can read the pictures on the way.")
  private boolean plainHttp;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      defaultValue = "4",
      description = "Requests at a time (default: ${DEFAULT-VALUE}).")
  private int inFlight;

  @Option(
      names = "--per-minute",
      paramLabel = "N",
      defaultValue = "0",
      description = "Most requests a minute, 0 for no limit (default).")
  private double perMinute;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "Time for an answer (default: ${DEFAULT-VALUE}).")
  private double timeout;

  @Option(
      names = "--retries",
      paramLabel = "N",
      defaultValue = "5",
      description = "Further tries after a failure that may pass (default: ${DEFAULT-VALUE}).")
  private int retries;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "300",
      description =
          "Most tokens of an answer, 0 to leave the field out (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "T|none",
      defaultValue = "0",
      description = "Temperature, or none to leave the field out (default: ${DEFAULT-VALUE}).")
  private String temperature;

  @Option(
      names = "--extra",
      paramLabel = "FIELD=JSON",
      description = "Further field of each request, such as seed=1; may be repeated.")
  private Map<String, String> extra = new LinkedHashMap<>();

  /** Whether a service was named. */
  boolean given() {
    return url != null;
  }

  /** The service's address, model and key. */
  ChatEndpoint endpoint() {
    if (url == null || model == null) {
      throw new UsageException(
          (url == null ? "--url" : "--model")
              + " is missing: name the service and its model, such as --url"
              + " http://localhost:11434/v1 --model qwen2.5vl.");
    }
    return ChatEndpoint.of(url, model, key(), plainHttp);
  }

  private String key() {
    if (keyVariable == null) {
      return null;
    }
    String key = System.getenv(keyVariable);
    if (key == null || key.isBlank()) {
      throw new UsageException(
          "The environment variable "
              + keyVariable
              + " (--key-env) is not set: put the key there.");
    }
    return key.strip();
  }

  RequestOptions request() {
    Double value = null;
    if (!temperature.equals("none")) {
      try {
        value = Double.valueOf(temperature);
      } catch (NumberFormatException e) {
        throw new UsageException(
            "--temperature is '" + temperature + "': expected a number or none.", e);
      }
    }
    return new RequestOptions(maxTokens, value, extra);
  }

  Traffic traffic() {
    if (!(timeout >= 0.001 && timeout <= 86400)) {
      throw new UsageException("--timeout is " + timeout + ": expected seconds, at most 86400.");
    }
    return new Traffic(inFlight, perMinute, Duration.ofMillis((long) (1000 * timeout)), retries);
  }
}
