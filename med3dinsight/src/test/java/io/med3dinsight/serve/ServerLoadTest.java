package io.med3dinsight.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.med3dinsight.Med3DInsight;
import io.med3dinsight.inference.TinyModel;
import io.med3dinsight.volume.Volume;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many clients at once, good and bad ones. */
class ServerLoadTest {
  private static final long MIB = 1L << 20;

  private static Med3DInsight model;

  @TempDir static Path models;
  @TempDir Path folder;

  @BeforeAll
  static void load() {
    model = Med3DInsight.load(TinyModel.save(models.resolve("segmentation")));
  }

  @AfterAll
  static void free() {
    model.close();
  }

  /** An image of its own size, and what the segmenter itself says of it. */
  private record Scan(byte[] file, int[] labels) {}

  private Scan scan(int n) throws IOException {
    Path path = folder.resolve("scan" + n + ".nii.gz");
    TinyModel.volume(6 + n % 5, 9 + n % 3, 8 + n % 4, n).write(path);
    return new Scan(Files.readAllBytes(path), model.segment(Volume.read(path)).labels());
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
    long files = Requests.temporaryFiles();
    Map<String, AtomicInteger> outcomes = new ConcurrentSkipListMap<>();
    try (ModelServer server =
        ModelServer.start(model, Requests.options(8, Duration.ofMillis(400), null))) {
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
      String metrics =
          client.send(Requests.to(server, "/metrics").build(), BodyHandlers.ofString()).body();
      assertTrue(metrics.contains("responses_total{code=\"200\"} 600\n"), metrics);
    }
    assertEquals(600, outcomes.get("good").get(), outcomes.toString());
    assertEquals(100, outcomes.get("broken 400").get(), outcomes.toString());
    assertEquals(100, outcomes.get("huge 413").get(), outcomes.toString());
    assertEquals(100, outcomes.get("slow 408").get(), outcomes.toString());
    assertEquals(100, outcomes.get("broken off").get(), outcomes.toString());
    assertEquals(files, Requests.temporaryFiles(), "temporary files are left over");
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
        byte[] huge = new byte[Requests.LARGEST + 1 + n];
        return "huge " + until(client, server, huge).statusCode();
      case 7:
        return "slow " + slow(server, scan.file);
      case 9:
        breakOff(server, scan.file);
        return "broken off";
      default:
        HttpResponse<byte[]> answer = until(client, server, scan.file);
        assertArrayEquals(scan.labels, Requests.labels(folder, answer).labels());
        return "good";
    }
  }

  /** Tries again as long as the server asks for it. */
  private static HttpResponse<byte[]> until(HttpClient client, ModelServer server, byte[] body)
      throws Exception {
    while (true) {
      HttpResponse<byte[]> answer = Requests.post(client, server, "/segment", body);
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
        int status = Requests.status(in);
        if (status != 503) {
          return status;
        }
      }
      Thread.sleep(20);
    }
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
}
