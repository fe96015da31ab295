/** JMH benchmarks of the engine: {@code bench/run org.openjdk.jmh.Main NAME}. */
package io.med3dinsight.bench.micro;
