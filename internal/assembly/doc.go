// Package assembly reads cloud assemblies, the folders that cdk synth writes: which templates there are, in nested
// assemblies and nested stacks too, and which construct each resource comes from. It is plain Go, without the CDK.
package assembly
