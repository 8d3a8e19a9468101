using Cluster.Cli.Kinds;
using Cluster.Cli.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cluster.Cli.Tests.Strace;

/// <summary>Every operation that the wire has can be shown by a trace.</summary>
public sealed class StraceFormatsTests
{
    private const string Operations = "op";

    public static TheoryData<string> Names => new(All().Select(each => each.Name));

    [Theory]
    [MemberData(nameof(Names))]
    public void An_operation_has_a_format_for_its_call_and_for_its_result(string name)
    {
        var call = All().Single(each => each.Name == name).Call;
        foreach (var kind in CliKinds.All)
        {
            var target = new Target { Kind = kind.Kind, Id = 3 };
            var blocked = StraceCall.Of(target, new TracedCall { Call = call });
            Assert.NotEqual("none", blocked.Arguments.Name);
            Assert.Matches("^[a-z][a-z_]+(64)?$", blocked.Arguments.Name);
            Assert.Empty(blocked.Outcome.Value);
            Assert.NotEmpty(StraceCall.Of(target, new TracedCall { Call = call, Result = new Result() }).Outcome.Value);
        }
    }

    [Fact]
    public void An_operation_of_a_newer_version_is_shown_without_arguments() =>
        Assert.Equal("none", StraceCall.Of(new Target(), new TracedCall { Call = new Call() }).Arguments.Name);

    [Fact]
    public void Each_operation_has_one_format()
    {
        var formats = CliKinds.All.SelectMany(kind => kind.StraceFormats)
            .Concat(ObjectStrace.Formats).Concat(DescriptionStrace.Formats).Concat(NamespaceStrace.Formats)
            .Concat(SignalStrace.Formats).ToList();
        Assert.Equal(formats.Count, formats.Select(format => format.Operation).Distinct().Count());
        Assert.Equal(
            CallTraits.Operations.Skip(1).Select(operation => operation.Name).Order(),
            formats.Select(format => format.Operation.Name).Order());
    }

    // A kind with one entry in the oneof has its operations in a nested oneof. Each of those is a call too.
    private static IEnumerable<(string Name, Call Call)> All()
    {
        foreach (var field in OneofOf(Call.Descriptor)!.Fields)
        {
            if (OneofOf(field.MessageType) is not { } nested)
            {
                yield return (field.Name, CallWith(field, field.MessageType.Parser.ParseFrom([])));
                continue;
            }

            foreach (var inner in nested.Fields)
            {
                var operations = field.MessageType.Parser.ParseFrom([]);
                inner.Accessor.SetValue(operations, inner.MessageType.Parser.ParseFrom([]));
                yield return ($"{field.Name}.{inner.Name}", CallWith(field, operations));
            }
        }
    }

    private static Call CallWith(FieldDescriptor field, IMessage operation)
    {
        var call = new Call();
        field.Accessor.SetValue(call, operation);
        return call;
    }

    private static OneofDescriptor? OneofOf(MessageDescriptor message) =>
        message.Oneofs.FirstOrDefault(oneof => oneof.Name == Operations && !oneof.IsSynthetic);
}
