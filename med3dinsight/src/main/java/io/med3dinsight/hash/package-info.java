/** SHA-256 of what must be known again: files, weights, images, prompts. */
package io.med3dinsight.hash;
