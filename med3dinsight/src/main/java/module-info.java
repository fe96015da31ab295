/**
 * The product: volumes, networks, pretraining, fine-tuning, inference, reports and the command
 * line.
 */
module io.med3dinsight {
  exports io.med3dinsight.caption;
  exports io.med3dinsight.caption.chat;
  exports io.med3dinsight.classification;
  exports io.med3dinsight.config;
  exports io.med3dinsight.dataset;
  exports io.med3dinsight.fewlabels;
  exports io.med3dinsight.inference;
  exports io.med3dinsight.metric;
  exports io.med3dinsight.network;
  exports io.med3dinsight.progress;
  exports io.med3dinsight.report;
  exports io.med3dinsight.slice;
  exports io.med3dinsight.serve;
  exports io.med3dinsight.volume;
  exports io.med3dinsight;

  requires transitive io.med3dinsight.nn;
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.csv;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires commons.math3;
  requires info.picocli;
  requires java.desktop;
  requires java.management;
  requires java.net.http;
  requires jdk.management;
  requires jdk.unsupported;
  requires me.tongfei.progressbar;
  requires org.eclipse.jetty.http;
  requires org.eclipse.jetty.io;
  requires org.eclipse.jetty.server;
  requires org.eclipse.jetty.util;
  requires org.knowm.xchart;
  requires org.slf4j;

  opens io.med3dinsight.classification to
      com.fasterxml.jackson.databind;
  opens io.med3dinsight.cli to
      info.picocli;
}
