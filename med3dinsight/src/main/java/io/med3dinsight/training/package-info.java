/**
 * The loop that every stage of a run shares: steps, progress, metrics, checkpoints, stopping and
 * bit-identical resuming.
 */
package io.med3dinsight.training;
