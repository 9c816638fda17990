package template_test

import (
	"fmt"

	"github.com/securecdk/securecdk/controls/template"
)

// The key stands in one template, and the bucket that uses it in another.
func ExampleSet_Worlds() {
	keys, err := template.Parse("Keys.yaml", []byte(`
Resources:
  Key: {Type: AWS::KMS::Key}
Outputs:
  KeyArn: {Value: !GetAtt Key.Arn, Export: {Name: data-key}}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	data, err := template.Parse("Data.yaml", []byte(`
Parameters:
  Team: {Type: String}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      KmsMasterKeyId: !ImportValue data-key
      TopicName: !Sub "${Team}-orders"
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	topic, _ := data.Resource("Topic")
	template.NewSet(keys, data).Worlds(1, func(w *template.World) {
		key, attribute, _ := w.Get(topic, "KmsMasterKeyId").Reference()
		fmt.Println(key.Type, key.Template.Name, attribute)
		name := w.Get(topic, "TopicName")
		fmt.Println(name, name.Unknown(), name.Reason())
	})
	// Output:
	// AWS::KMS::Key Keys.yaml Arn
	// ${Team}-orders true the parameter Team has no default
}
