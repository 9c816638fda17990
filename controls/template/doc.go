// Package template reads AWS CloudFormation templates and answers what their values come to.
//
// # Reading
//
// [Parse] takes JSON or YAML, with the short forms of the intrinsic functions; [New] takes a map that is already
// decoded. Both give a [Template] with its [Resource]s ordered by logical id. Errors name the file, the line or the
// member, and what was expected there.
//
// # Judging together
//
// What one template says is seldom the whole of it: a bucket's policy, its access-log bucket or its key may stand in
// another stack. [NewSet] joins the templates of one app. Exports and Fn::ImportValue, nested stacks' parameters and
// outputs resolve across the set. A name that several templates export, or only one in
// another folder, is not guessed at: what imports it is unknown. In a cloud assembly each stage has its folder.
//
// # Values
//
// A [World] reads a property as a [Value]: absent (AWS::NoValue included), known, or unknown with the reason. Text
// that refers to a resource is known, in parts: Fn::Join and Fn::Sub that say the same thing are equal, and the
// resource referred to can be looked up.
//
//   - A parameter is worth its default, since that is what a deployment without further arguments uses. One without
//     default, an SSM parameter and a dynamic reference {{resolve:…}} are unknown.
//   - A condition over parameters with defaults is decided. One that only the deployment can decide is open, and
//     [Set.Worlds] visits each way that the open conditions can turn out.
//   - A map with Fn::Transform or a loop Fn::ForEach in it is unknown: these add to its members, or replace them.
//     [Resource.Macro] names what may rewrite a resource as a whole.
//
// # Unknown is not absent
//
// SubnetIds: [!Ref Subnet] is present and has one member, though nobody knows its id yet: [Value.Items] returns the
// member. A list that is unknown as a whole is unknown.
package template
