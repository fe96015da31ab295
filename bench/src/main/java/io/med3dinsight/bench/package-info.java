/** Computations that are measured: by JMH alone, and side by side with peers. */
package io.med3dinsight.bench;
