// Command judge reads a synthesized cloud assembly and prints what in it breaks the security requirements, without
// using the library:
//
//	go run ./test/judge [cdk.out]
//
// It exits with 0 when nothing does, 1 when something does, 2 when the assembly can't be read or holds nothing to judge.
package main

import (
	"fmt"
	"os"

	"github.com/securecdk/securecdk/test/internal/judge"
)

func main() {
	dir := "cdk.out"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	os.Exit(run(dir))
}

func run(dir string) int {
	assembly, err := judge.Read(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		return 2
	}
	judged := assembly.Judged()
	if judged == 0 {
		fmt.Fprintln(os.Stderr, "judge: no resource to judge in", dir)
		return 2
	}
	findings := assembly.Judge()
	for _, f := range findings {
		fmt.Println(f)
	}
	fmt.Printf("%d findings in %d resources of %d templates\n", len(findings), judged, len(assembly.Templates))
	if len(findings) > 0 {
		return 1
	}
	return 0
}
