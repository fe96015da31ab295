package io.med3dinsight.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.med3dinsight.Med3DInsight;
import io.med3dinsight.UsageException;
import io.med3dinsight.classification.TinyClassifier;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.LabelVolume;
import io.med3dinsight.volume.SharedData;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelServerTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final long MIB = 1L << 20;
  private static final int LARGEST = 64 << 10;

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

  private static ServeOptions options(int queue, Duration patience, String token) {
    return new ServeOptions("127.0.0.1", 0, token, LARGEST, 20_000, queue, 64, patience);
  }

  /** An image of its own size, and what the segmenter itself says of it. */
  private record Scan(byte[] file, int[] labels) {}

  private Scan scan(int n) throws IOException {
    Path path = folder.resolve("scan" + n + ".nii.gz");
    TinyModel.volume(6 + n % 5, 9 + n % 3, 8 + n % 4, n).write(path);
    return new Scan(Files.readAllBytes(path), model.segment(Volume.read(path)).labels());
  }

  private int[] labels(byte[] answer) throws IOException {
    Path path = Files.createTempFile(folder, "answer", ".nii.gz");
    Files.write(path, answer);
    return LabelVolume.read(path).labels();
  }

  private static HttpRequest.Builder to(ModelServer server, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .timeout(Duration.ofSeconds(60));
  }

  private static HttpResponse<byte[]> post(HttpClient client, ModelServer server, byte[] body)
      throws Exception {
    return post(client, server, "/segment", body);
  }

  private static HttpResponse<byte[]> post(
      HttpClient client, ModelServer server, String path, byte[] body) throws Exception {
    return client.send(
        to(server, path).POST(BodyPublishers.ofByteArray(body)).build(),
        BodyHandlers.ofByteArray());
  }

  /**
   * 1,000 requests from 32 clients: of each ten one is broken, one too large, one too slow and one
   * breaks off; each of the others is answered with its own labels, however often it is told to try
   * again.
   */
  @Test
  void aThousandRequestsWithBadOnesAmongThem() throws Exception {
    List<Scan> scans = new ArrayList<>();
    for (int n = 0; n < 12; n++) {
      scans.add(scan(n));
    }
    long files = temporaryFiles();
    Map<String, AtomicInteger> outcomes = new ConcurrentSkipListMap<>();
    try (ModelServer server = ModelServer.start(model, options(8, Duration.ofMillis(400), null))) {
      ExecutorService clients = Executors.newFixedThreadPool(32);
      List<Callable<String>> requests = new ArrayList<>();
      HttpClient client = HttpClient.newHttpClient();
      for (int n = 0; n < 1000; n++) {
        int number = n;
        requests.add(() -> request(client, server, scans, number));
      }
      run(clients, requests.subList(0, 300), outcomes);
      long early = heap();
      run(clients, requests.subList(300, 1000), outcomes);
      long late = heap();
      clients.shutdown();
      assertTrue(
          late < early + 8 * MIB, "heap grew from " + early + " to " + late + " bytes in use");
      String metrics = client.send(to(server, "/metrics").build(), BodyHandlers.ofString()).body();
      assertTrue(metrics.contains("responses_total{code=\"200\"} 600\n"), metrics);
    }
    assertEquals(600, outcomes.get("good").get(), outcomes.toString());
    assertEquals(100, outcomes.get("broken 400").get(), outcomes.toString());
    assertEquals(100, outcomes.get("huge 413").get(), outcomes.toString());
    assertEquals(100, outcomes.get("slow 408").get(), outcomes.toString());
    assertEquals(100, outcomes.get("broken off").get(), outcomes.toString());
    assertEquals(files, temporaryFiles(), "temporary files are left over");
  }

  private static void run(
      ExecutorService clients, List<Callable<String>> requests, Map<String, AtomicInteger> outcomes)
      throws Exception {
    for (Future<String> future : clients.invokeAll(requests)) {
      outcomes.computeIfAbsent(future.get(), o -> new AtomicInteger()).incrementAndGet();
    }
  }

  private String request(HttpClient client, ModelServer server, List<Scan> scans, int n)
      throws Exception {
    Scan scan = scans.get(n % scans.size());
    switch (n % 10) {
      case 3:
        byte[] broken = scan.file.clone();
        broken[broken.length / 2] ^= 0x55;
        return "broken " + until(client, server, broken).statusCode();
      case 5:
        byte[] huge = new byte[LARGEST + 1 + n];
        return "huge " + until(client, server, huge).statusCode();
      case 7:
        return "slow " + slow(server, scan.file);
      case 9:
        breakOff(server, scan.file);
        return "broken off";
      default:
        HttpResponse<byte[]> answer = until(client, server, scan.file);
        assertEquals(
            200, answer.statusCode(), () -> new String(answer.body(), StandardCharsets.UTF_8));
        assertArrayEquals(scan.labels, labels(answer.body()));
        return "good";
    }
  }

  /** Tries again as long as the server asks for it. */
  private static HttpResponse<byte[]> until(HttpClient client, ModelServer server, byte[] body)
      throws Exception {
    while (true) {
      HttpResponse<byte[]> answer = post(client, server, body);
      if (answer.statusCode() != 503) {
        return answer;
      }
      assertTrue(answer.headers().firstValue("Retry-After").isPresent());
      Thread.sleep(20);
    }
  }

  /** Sends a byte now and then; returns the status. */
  private static int slow(ModelServer server, byte[] body) throws Exception {
    while (true) {
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        socket.setSoTimeout(30_000);
        OutputStream out = socket.getOutputStream();
        out.write(head(body.length));
        InputStream in = socket.getInputStream();
        for (int i = 0; i < body.length - 1 && in.available() == 0; i++) {
          out.write(body[i]);
          Thread.sleep(30);
        }
        int status = status(in);
        if (status != 503) {
          return status;
        }
      }
      Thread.sleep(20);
    }
  }

  private static int status(InputStream in) throws IOException {
    byte[] line = in.readNBytes("HTTP/1.1 408".length());
    return Integer.parseInt(new String(line, StandardCharsets.US_ASCII).substring(9));
  }

  private static void breakOff(ModelServer server, byte[] body) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", server.port())) {
      socket.getOutputStream().write(head(body.length));
      socket.getOutputStream().write(body, 0, body.length / 2);
    }
  }

  private static byte[] head(int length) {
    String text =
        "POST /segment HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\n\r\n";
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static long heap() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 4; i++) {
      System.gc();
      Thread.sleep(50);
      Runtime java = Runtime.getRuntime();
      least = Math.min(least, java.totalMemory() - java.freeMemory());
    }
    return least;
  }

  private static long temporaryFiles() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .filter(f -> f.getFileName().toString().matches("med3dinsight-(body|labels)-.*"))
          .count();
    }
  }

  private static JsonNode get(HttpClient client, ModelServer server, String path) throws Exception {
    HttpResponse<String> answer = client.send(to(server, path).build(), BodyHandlers.ofString());
    assertEquals(200, answer.statusCode(), answer.body());
    return new ObjectMapper().readTree(answer.body());
  }

  @Test
  void healthAndIndexTellWhatIsServed() throws Exception {
    try (ModelServer server = ModelServer.start(model, options(2, Duration.ofSeconds(5), null))) {
      HttpClient client = HttpClient.newHttpClient();
      JsonNode health = get(client, server, "/health");
      assertEquals("ok", health.path("status").asText());
      assertEquals("segmentation", health.path("kind").asText());
      assertEquals("posterior", health.at("/labels/2").asText());
      JsonNode index = get(client, server, "/");
      assertEquals(
          List.of("/segment", "/embed", "/", "/health", "/metrics"),
          index.path("requests").findValuesAsText("path"));
      assertEquals(LARGEST, index.at("/limits/bytes").asInt());
      for (JsonNode r : index.path("requests")) {
        String path = r.path("path").asText();
        // What is listed is there: the other method is refused, not the address.
        HttpRequest.Builder to = to(server, path);
        to = r.path("method").asText().equals("POST") ? to : to.POST(BodyPublishers.noBody());
        HttpResponse<String> other = client.send(to.build(), BodyHandlers.ofString());
        assertEquals(405, other.statusCode(), path);
        assertEquals(r.path("method").asText(), other.headers().firstValue("Allow").orElseThrow());
      }
      for (String path : List.of("/classify", "/segments")) {
        HttpResponse<byte[]> none = post(client, server, path, new byte[3]);
        assertEquals(404, none.statusCode());
        assertTrue(new String(none.body(), StandardCharsets.UTF_8).contains("GET /"));
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
          ModelServer.start(served, options(2, Duration.ofSeconds(5), null))) {
        HttpResponse<byte[]> embedded = post(client, server, "/embed", image);
        assertEquals(200, embedded.statusCode());
        JsonNode vector = new ObjectMapper().readTree(embedded.body());
        float[] expected = served.embed(Volume.read(path));
        assertEquals(expected.length, vector.path("length").asInt());
        for (int i = 0; i < expected.length; i++) {
          assertEquals(expected[i], vector.path("embedding").get(i).floatValue());
        }
        assertEquals(400, post(client, server, "/embed", new byte[100]).statusCode());
      }
    }
    try (ModelServer server =
        ModelServer.start(classifier, options(2, Duration.ofSeconds(5), null))) {
      assertEquals("classification", get(client, server, "/health").path("kind").asText());
      HttpResponse<byte[]> answer = post(client, server, "/classify", image);
      assertEquals(200, answer.statusCode());
      JsonNode found = new ObjectMapper().readTree(answer.body());
      Map<String, Double> expected = classifier.classify(Volume.read(path));
      String best = expected.get("along") > expected.get("across") ? "along" : "across";
      assertEquals(best, found.path("predicted").asText());
      assertEquals(2, found.path("probabilities").size());
      expected.forEach(
          (name, p) -> assertEquals(p, found.path("probabilities").path(name).asDouble()));
      assertEquals(404, post(client, server, "/segment", image).statusCode());
      String metrics = client.send(to(server, "/metrics").build(), BodyHandlers.ofString()).body();
      assertTrue(metrics.contains("work_seconds_count{request=\"classify\"} 1\n"), metrics);
    }
  }

  /** A zip of slices in any order comes back as a label map at the slices' places. */
  @Test
  void aZippedSeriesBecomesALabelMapInItsPlace() throws Exception {
    Map<String, byte[]> slices = new LinkedHashMap<>();
    for (int k : new int[] {3, 0, 7, 1, 5, 2, 6, 4}) {
      slices.put("export/IM" + k, MrSeries.slice(k));
    }
    Path zip = Files.write(folder.resolve("series.zip"), MrSeries.zip(slices));
    byte[] body = Files.readAllBytes(zip);
    ServeOptions larger =
        new ServeOptions("127.0.0.1", 0, null, 1 << 20, 1 << 20, 2, 2, Duration.ofSeconds(30));
    try (ModelServer server = ModelServer.start(model, larger)) {
      HttpResponse<byte[]> answer = post(HttpClient.newHttpClient(), server, body);
      assertEquals(
          200, answer.statusCode(), () -> new String(answer.body(), StandardCharsets.UTF_8));
      Path written = Files.write(folder.resolve("labels.nii.gz"), answer.body());
      LabelVolume labels = LabelVolume.read(written);
      assertEquals("64x64x8", labels.grid().shapeText());
      assertEquals(0, labels.grid().affine().distance(MrSeries.AFFINE), 1e-4);
      assertArrayEquals(model.segment(Volume.read(zip)).labels(), labels.labels());
    }
  }

  /** The same with a whole series of a CT, where it is at hand. */
  @Test
  void aZippedCtBecomesALabelMapInItsPlace() throws Exception {
    Path series = SharedData.find("totalsegmentator/example_ct_dicom_j2k");
    assumeTrue(series != null, "the series is not in this checkout");
    Map<String, byte[]> slices = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(series)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        slices.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    byte[] body = MrSeries.zip(slices);
    ServeOptions larger =
        new ServeOptions("127.0.0.1", 0, null, 64 << 20, 64 << 20, 2, 2, Duration.ofSeconds(60));
    try (ModelServer server = ModelServer.start(model, larger)) {
      HttpResponse<byte[]> answer = post(HttpClient.newHttpClient(), server, body);
      assertEquals(
          200, answer.statusCode(), () -> new String(answer.body(), StandardCharsets.UTF_8));
      Path written = Files.write(folder.resolve("labels.nii.gz"), answer.body());
      // What somebody else segmented on the series' NIfTI twin has the same grid.
      LabelVolume twin =
          LabelVolume.read(SharedData.find("totalsegmentator/example_seg_dicom.nii.gz"));
      assertTrue(LabelVolume.read(written).grid().sameSpace(twin.grid(), 1e-4));
    }
  }

  @Test
  void aHeaderCannotNameFilesOfTheServer() throws Exception {
    Path secret = Files.write(folder.resolve("secret"), new byte[64]);
    String header =
        "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 4 4 4\nencoding: raw\n"
            + "data file: "
            + secret.toAbsolutePath()
            + "\n\n";
    try (ModelServer server = ModelServer.start(model, options(2, Duration.ofSeconds(5), null))) {
      HttpResponse<byte[]> answer =
          post(HttpClient.newHttpClient(), server, header.getBytes(StandardCharsets.US_ASCII));
      assertEquals(400, answer.statusCode());
      String said = new String(answer.body(), StandardCharsets.UTF_8);
      assertTrue(said.contains("the body is a header whose voxels are in another file"), said);
    }
  }

  @Test
  void anImageOfTooManyVoxelsIsRefusedByItsHeader() throws Exception {
    Path path = folder.resolve("large.nii.gz");
    Volume.of(TinyModel.volume(30, 30, 30, 1).grid(), new float[27_000]).write(path);
    try (ModelServer server = ModelServer.start(model, options(2, Duration.ofSeconds(5), null))) {
      HttpResponse<byte[]> answer =
          post(HttpClient.newHttpClient(), server, Files.readAllBytes(path));
      assertEquals(413, answer.statusCode());
      assertTrue(new String(answer.body(), StandardCharsets.UTF_8).contains("[30, 30, 30]"));
    }
  }

  @Test
  void withATokenNothingIsAnsweredWithoutIt() throws Exception {
    Scan scan = scan(1);
    try (ModelServer server = ModelServer.start(model, options(2, Duration.ofSeconds(5), TOKEN))) {
      HttpClient client = HttpClient.newHttpClient();
      assertEquals(401, post(client, server, scan.file).statusCode());
      for (String given : List.of("Bearer 0123456789abcdeF", "Basic " + TOKEN, "Bearer")) {
        HttpRequest wrong = to(server, "/metrics").header("Authorization", given).build();
        assertEquals(401, client.send(wrong, BodyHandlers.ofString()).statusCode(), given);
      }
      HttpRequest right =
          to(server, "/segment")
              .header("Authorization", "Bearer " + TOKEN)
              .POST(BodyPublishers.ofByteArray(scan.file))
              .build();
      HttpResponse<byte[]> answer = client.send(right, BodyHandlers.ofByteArray());
      assertArrayEquals(scan.labels, labels(answer.body()));
    }
  }

  @Test
  void aWebPageCannotAskWithoutAToken() throws Exception {
    try (ModelServer server = ModelServer.start(model, options(2, Duration.ofSeconds(5), null))) {
      HttpRequest page = to(server, "/health").header("Origin", "https://example.com").build();
      HttpClient client = HttpClient.newHttpClient();
      assertEquals(403, client.send(page, BodyHandlers.ofString()).statusCode());
      try (Socket socket = new Socket("127.0.0.1", server.port())) {
        String rebound = "GET /health HTTP/1.1\r\nHost: example.com\r\n\r\n";
        socket.getOutputStream().write(rebound.getBytes(StandardCharsets.US_ASCII));
        assertEquals(403, status(socket.getInputStream()));
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
    assertThrows(UsageException.class, () -> options(1, Duration.ofSeconds(1), "short"));
    try (ModelServer server = ModelServer.start(model, options(1, Duration.ofSeconds(1), null))) {
      ServeOptions taken =
          new ServeOptions("127.0.0.1", server.port(), null, 1, 1, 1, 1, Duration.ofSeconds(1));
      UsageException e = assertThrows(UsageException.class, () -> ModelServer.start(model, taken));
      assertTrue(e.getMessage().contains("port " + server.port()), e.getMessage());
    }
  }
}
