package io.med3dinsight.cli;

/**
 * Marks a command that computes with the engine. The launcher gives such a command a Java process
 * with the Vector API and most of the machine's memory; other commands answer in the first process.
 */
interface Computes {}
