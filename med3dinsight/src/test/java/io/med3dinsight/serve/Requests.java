package io.med3dinsight.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.volume.LabelVolume;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;

/** Asks a server over HTTP. */
final class Requests {
  /** Bytes that servers of these tests take. */
  static final int LARGEST = 64 << 10;

  private Requests() {}

  static ServeOptions options(int queue, Duration patience, String token) {
    return new ServeOptions("127.0.0.1", 0, token, LARGEST, 20_000, queue, 64, patience);
  }

  /** For bodies of up to so many MiB. */
  static ServeOptions large(int mib) {
    return new ServeOptions(
        "127.0.0.1", 0, null, mib << 20, mib << 20, 2, 2, Duration.ofSeconds(60));
  }

  static HttpRequest.Builder to(ModelServer server, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .timeout(Duration.ofSeconds(60));
  }

  static HttpResponse<byte[]> post(HttpClient client, ModelServer server, String path, byte[] body)
      throws Exception {
    return client.send(
        to(server, path).POST(BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofByteArray());
  }

  static HttpResponse<byte[]> post(ModelServer server, String path, byte[] body) throws Exception {
    return post(HttpClient.newHttpClient(), server, path, body);
  }

  static String text(HttpResponse<byte[]> answer) {
    return new String(answer.body(), StandardCharsets.UTF_8);
  }

  static JsonNode get(HttpClient client, ModelServer server, String path) throws Exception {
    HttpResponse<String> answer = client.send(to(server, path).build(), BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    return new ObjectMapper().readTree(answer.body());
  }

  /** The labels that a server answered with, by way of a file in a folder. */
  static LabelVolume labels(Path folder, HttpResponse<byte[]> answer) throws IOException {
    assertEquals(200, answer.statusCode(), () -> text(answer));
    Path path = Files.createTempFile(folder, "answer", ".nii.gz");
    Files.write(path, answer.body());
    return LabelVolume.read(path);
  }

  static int status(InputStream in) throws IOException {
    byte[] line = in.readNBytes("HTTP/1.1 408".length());
    return Integer.parseInt(new String(line, StandardCharsets.US_ASCII).substring(9));
  }

  /** Files that servers have not deleted. */
  static long temporaryFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(f -> f.getFileName().toString().matches("med3dinsight-(body|labels)-.*"))
          .count();
    }
  }
}
