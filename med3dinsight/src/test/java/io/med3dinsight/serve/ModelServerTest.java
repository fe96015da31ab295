package io.med3dinsight.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.UsageException;
import io.med3dinsight.classification.TinyClassifier;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.Volume;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelServerTest {
  private static final String TOKEN = "0123456789abcdef";

  private static Med3DInsight model;
  private static Med3DInsight classifier;

  @TempDir static Path models;
  @TempDir Path folder;

  @BeforeAll
  static void load() {
    model = Med3DInsight.load(TinyModel.save(models.resolve("segmentation")));
    classifier = Med3DInsight.load(TinyClassifier.save(models.resolve("classification")));
  }

  @AfterAll
  static void free() {
    model.close();
    classifier.close();
  }

  @Test
  void healthAndIndexTellWhatIsServed() throws Exception {
    try (ModelServer server =
        ModelServer.start(model, Requests.options(2, Duration.ofSeconds(5), null))) {
      HttpClient client = HttpClient.newHttpClient();
      JsonNode health = Requests.get(client, server, "/health");
      assertEquals("ok", health.path("status").asText());
      assertEquals("segmentation", health.path("kind").asText());
      assertEquals("posterior", health.at("/labels/2").asText());
      JsonNode index = Requests.get(client, server, "/");
      assertEquals(
          List.of("/segment", "/embed", "/", "/health", "/metrics"),
          index.path("requests").findValuesAsText("path"));
      assertEquals(Requests.LARGEST, index.at("/limits/bytes").asInt());
      for (JsonNode r : index.path("requests")) {
        String path = r.path("path").asText();
        // What is listed is there: the other method is refused, not the address.
        HttpRequest.Builder to = Requests.to(server, path);
        to = r.path("method").asText().equals("POST") ? to : to.POST(BodyPublishers.noBody());
        HttpResponse<String> other = client.send(to.build(), BodyHandlers.ofString());
        assertEquals(405, other.statusCode(), path);
        assertEquals(r.path("method").asText(), other.headers().firstValue("Allow").orElseThrow());
      }
      for (String path : List.of("/classify", "/segments")) {
        HttpResponse<byte[]> none = Requests.post(client, server, path, new byte[3]);
        assertEquals(404, none.statusCode());
        assertTrue(Requests.text(none).contains("GET /"));
      }
    }
  }

  @Test
  void aClassifierAnswersWithProbabilitiesAndBothEmbed() throws Exception {
    Path path = folder.resolve("image.nii.gz");
    TinyModel.volume(9, 10, 11, 4).write(path);
    byte[] image = Files.readAllBytes(path);
    HttpClient client = HttpClient.newHttpClient();
    for (Med3DInsight served : List.of(model, classifier)) {
      try (ModelServer server =
          ModelServer.start(served, Requests.options(2, Duration.ofSeconds(5), null))) {
        HttpResponse<byte[]> embedded = Requests.post(client, server, "/embed", image);
        assertEquals(200, embedded.statusCode());
        JsonNode vector = new ObjectMapper().readTree(embedded.body());
        float[] expected = served.embed(Volume.read(path));
        assertEquals(expected.length, vector.path("length").asInt());
        for (int i = 0; i < expected.length; i++) {
          assertEquals(expected[i], vector.path("embedding").get(i).floatValue());
        }
        assertEquals(400, Requests.post(client, server, "/embed", new byte[100]).statusCode());
      }
    }
    try (ModelServer server =
        ModelServer.start(classifier, Requests.options(2, Duration.ofSeconds(5), null))) {
      assertEquals("classification", Requests.get(client, server, "/health").path("kind").asText());
      HttpResponse<byte[]> answer = Requests.post(client, server, "/classify", image);
      assertEquals(200, answer.statusCode());
      JsonNode found = new ObjectMapper().readTree(answer.body());
      Map<String, Double> expected = classifier.classify(Volume.read(path));
      String best = expected.get("along") > expected.get("across") ? "along" : "across";
      assertEquals(best, found.path("predicted").asText());
      assertEquals(2, found.path("probabilities").size());
      expected.forEach(
          (name, p) -> assertEquals(p, found.path("probabilities").path(name).asDouble()));
      assertEquals(404, Requests.post(client, server, "/segment", image).statusCode());
      String metrics =
          client.send(Requests.to(server, "/metrics").build(), BodyHandlers.ofString()).body();
      assertTrue(metrics.contains("work_seconds_count{request=\"classify\"} 1\n"), metrics);
    }
  }

  @Test
  void withATokenNothingIsAnsweredWithoutIt() throws Exception {
    Path path = folder.resolve("scan.nii.gz");
    TinyModel.volume(7, 10, 9, 1).write(path);
    byte[] scan = Files.readAllBytes(path);
    try (ModelServer server =
        ModelServer.start(model, Requests.options(2, Duration.ofSeconds(5), TOKEN))) {
      HttpClient client = HttpClient.newHttpClient();
      assertEquals(401, Requests.post(client, server, "/segment", scan).statusCode());
      for (String given : List.of("Bearer 0123456789abcdeF", "Basic " + TOKEN, "Bearer")) {
        HttpRequest wrong = Requests.to(server, "/metrics").header("Authorization", given).build();
        assertEquals(401, client.send(wrong, BodyHandlers.ofString()).statusCode(), given);
      }
      HttpRequest right =
          Requests.to(server, "/segment")
              .header("Authorization", "Bearer " + TOKEN)
              .POST(BodyPublishers.ofByteArray(scan))
              .build();
      HttpResponse<byte[]> answer = client.send(right, BodyHandlers.ofByteArray());
      assertArrayEquals(
          model.segment(Volume.read(path)).labels(), Requests.labels(folder, answer).labels());
    }
  }

  @Test
  void aWebPageCannotAskWithoutAToken() throws Exception {
    try (ModelServer server =
        ModelServer.start(model, Requests.options(2, Duration.ofSeconds(5), null))) {
      HttpRequest page =
          Requests.to(server, "/health").header("Origin", "https://example.com").build();
      HttpClient client = HttpClient.newHttpClient();
      assertEquals(403, client.send(page, BodyHandlers.ofString()).statusCode());
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        String rebound = "GET /health HTTP/1.1\r\nHost: example.com\r\n\r\n";
        socket.getOutputStream().write(rebound.getBytes(StandardCharsets.US_ASCII));
        assertEquals(403, Requests.status(socket.getInputStream()));
      }
    }
  }

  @Test
  void whatCannotBeServedIsSaidInASentence() {
    UsageException open =
        assertThrows(
            UsageException.class,
            () -> new ServeOptions("0.0.0.0", 0, null, 1, 1, 1, 1, Duration.ofSeconds(1)));
    assertTrue(open.getMessage().contains("--token-file"), open.getMessage());
    assertThrows(UsageException.class, () -> Requests.options(1, Duration.ofSeconds(1), "short"));
    try (ModelServer server =
        ModelServer.start(model, Requests.options(1, Duration.ofSeconds(1), null))) {
      ServeOptions taken =
          new ServeOptions("127.0.0.1", server.port(), null, 1, 1, 1, 1, Duration.ofSeconds(1));
      UsageException e = assertThrows(UsageException.class, () -> ModelServer.start(model, taken));
      assertTrue(e.getMessage().contains("port " + server.port()), e.getMessage());
    }
  }
}
