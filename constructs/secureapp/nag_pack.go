package secureapp

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/cdklabs/cdk-nag-go/cdknag/v2"

	"github.com/securecdk/securecdk/internal/fault"
)

// NagPack is a rule pack of cdk-nag, by the name that cdk-nag documents.
type NagPack string

// The rule packs of cdk-nag 2.
const (
	AwsSolutions  NagPack = "AwsSolutions"  // AWS Solutions Library
	NIST80053R5   NagPack = "NIST80053R5"   // NIST 800-53 revision 5
	HIPAASecurity NagPack = "HIPAASecurity" // HIPAA Security Rule
	PCIDSS321     NagPack = "PCIDSS321"     // PCI DSS 3.2.1
	Serverless    NagPack = "Serverless"    // AWS Serverless lens
)

// AllNagPacks returns every pack.
func AllNagPacks() []NagPack {
	return []NagPack{AwsSolutions, NIST80053R5, HIPAASecurity, PCIDSS321, Serverless}
}

// checkNagPacks returns the packs without repetition, or what is wrong with them.
func checkNagPacks(packs []NagPack) ([]NagPack, []*fault.Error) {
	var kept []NagPack
	var faults []*fault.Error
	for i, pack := range packs {
		if !slices.Contains(AllNagPacks(), pack) {
			faults = append(faults, fault.New("", fmt.Sprintf("NagPacks[%d]", i), string(pack), "one of "+packNames(), "use a constant of package secureapp"))
			continue
		}
		if !slices.Contains(kept, pack) {
			kept = append(kept, pack)
		}
	}
	return kept, faults
}

func packNames() string {
	names := make([]string, 0, 5)
	for _, pack := range AllNagPacks() {
		names = append(names, string(pack))
	}
	return strings.Join(names, ", ")
}

// nagAspect is one pack at work. One instance serves the whole app: a second one would start the pack's reports anew.
type nagAspect struct {
	awscdk.IAspect
	reportName string // what the pack's report files start with
}

func newNagAspect(pack NagPack) nagAspect {
	props := &cdknag.NagPackProps{
		Reports:       jsii.Bool(true),
		ReportFormats: &[]cdknag.NagReportFormat{cdknag.NagReportFormat_JSON},
	}
	switch pack {
	case AwsSolutions:
		p := cdknag.NewAwsSolutionsChecks(props)
		return nagAspect{p, *p.ReadPackName()}
	case NIST80053R5:
		p := cdknag.NewNIST80053R5Checks(props)
		return nagAspect{p, *p.ReadPackName()}
	case HIPAASecurity:
		p := cdknag.NewHIPAASecurityChecks(props)
		return nagAspect{p, *p.ReadPackName()}
	case PCIDSS321:
		p := cdknag.NewPCIDSS321Checks(props)
		return nagAspect{p, *p.ReadPackName()}
	case Serverless:
		p := cdknag.NewServerlessChecks(props)
		return nagAspect{p, *p.ReadPackName()}
	}
	panic(fmt.Sprintf("secureapp: no pack %q", pack)) // checkNagPacks let it through
}

// attach puts the packs on a scope; on the same scope twice is once. They come last, so that they see what the mutating
// aspects made.
func attach(packs []nagAspect, scope constructs.IConstruct) {
	for _, pack := range packs {
		awscdk.Aspects_Of(scope).Add(pack.IAspect, &awscdk.AspectOptions{Priority: awscdk.AspectPriority_READONLY()})
	}
}

// attachEverywhere puts the packs on the app and on each Stage, since aspects do not enter Stages.
func attachEverywhere(packs []nagAspect, app awscdk.App) {
	if len(packs) == 0 {
		return
	}
	attach(packs, app)
	for _, c := range *app.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if stage, ok := c.(awscdk.Stage); ok && *stage.Node().Path() != "" {
			attach(packs, stage)
		}
	}
}
