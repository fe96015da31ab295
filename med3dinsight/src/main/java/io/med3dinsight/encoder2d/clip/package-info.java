/** CLIP and BiomedCLIP from a local folder: towers, tokenizers, preprocessing of pictures. */
package io.med3dinsight.encoder2d.clip;
