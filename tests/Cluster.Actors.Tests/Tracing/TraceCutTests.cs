using Cluster.Actors.Tracing;
using Cluster.Protocol;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Cluster.Actors.Tests.Tracing;

/// <summary>The calls and results in a trace: short texts and arrays, full lengths, and no secret.</summary>
public sealed class TraceCutTests
{
    [Fact]
    public void A_long_text_is_cut_and_keeps_its_length()
    {
        var call = new Call { Seq = 1, Msgsnd = new MsgSnd { Type = 1, Text = ByteString.CopyFrom(new byte[100]) } };
        var traced = TraceCut.Of(call, null, 0, again: false);
        Assert.Equal((TraceCut.Shown, 100L), (traced.Call.Msgsnd.Text.Length, traced.CallLength));
        Assert.Equal(100, call.Msgsnd.Text.Length);
    }

    [Fact]
    public void A_short_call_is_not_copied()
    {
        var call = new Call { Seq = 1, Msgsnd = new MsgSnd { Type = 1, Text = ByteString.CopyFromUtf8("hello") } };
        Assert.Same(call, TraceCut.Of(call, null, 0, again: false).Call);
    }

    [Fact]
    public void A_long_array_is_cut_and_keeps_its_length()
    {
        var values = new SemValues();
        values.Values.AddRange(Enumerable.Range(0, 50).Select(value => (uint)value));
        var traced = TraceCut.Of(new Call(), new Result { SemValues = values }, 0, again: false);
        Assert.Equal((TraceCut.Shown, 50L), (traced.Result.SemValues.Values.Count, traced.ResultLength));
    }

    [Fact]
    public void The_length_of_a_read_counts_omitted_zeros()
    {
        var bytes = new ShmBytes { Data = ByteString.CopyFromUtf8("x"), Length = 4_096 };
        Assert.Equal(4_096, TraceCut.Of(new Call(), new Result { ShmBytes = bytes }, 0, again: false).ResultLength);
    }

    [Fact]
    public void A_trace_contains_no_secret_of_a_call_or_result()
    {
        foreach (var message in All(new Call()).Concat(All(new Result())))
        {
            var (call, result) = (message as Call ?? new Call(), message as Result);
            var traced = TraceCut.Of(call, result, 0, again: false);
            Assert.Empty(Secrets(traced));
        }
    }

    // The names that have been secrets so far: a new field with such a name needs the mark, or another name.
    [Fact]
    public void A_field_with_the_name_of_a_secret_has_the_mark()
    {
        FileDescriptor[] files = [GatewayReflection.Descriptor, ClusterReflection.Descriptor, JournalReflection.Descriptor];
        var unmarked = files.SelectMany(file => file.Dependencies.Append(file)).Distinct()
            .SelectMany(file => file.MessageTypes).SelectMany(type => type.Fields.InDeclarationOrder())
            .Where(field => field.Name.Contains("capability") || field.Name.Contains("secret")
                || (field.Name == "token" && field.FieldType == FieldType.Bytes))
            .Where(field => !CallTraits.IsSecret(field)).Select(field => field.FullName);
        Assert.Empty(unmarked);
    }

    // One message for each field of the oneof, with every field inside set.
    private static IEnumerable<IMessage> All(IMessage prototype)
    {
        foreach (var field in prototype.Descriptor.Oneofs.First(oneof => !oneof.IsSynthetic).Fields)
        {
            var message = prototype.Descriptor.Parser.ParseFrom([]);
            if (field.FieldType == FieldType.Message) field.Accessor.SetValue(message, Filled(field.MessageType));
            yield return message;
        }
    }

    private static IMessage Filled(MessageDescriptor type)
    {
        var message = type.Parser.ParseFrom([]);
        foreach (var field in type.Fields.InDeclarationOrder().Where(field => !field.IsRepeated))
        {
            if (field.FieldType == FieldType.Message) field.Accessor.SetValue(message, Filled(field.MessageType));
            else if (field.FieldType is FieldType.Fixed64 or FieldType.UInt64) field.Accessor.SetValue(message, 7ul);
            else if (field.FieldType == FieldType.Bytes) field.Accessor.SetValue(message, ByteString.CopyFrom(1, 2));
        }

        return message;
    }

    private static IEnumerable<string> Secrets(IMessage message)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder().Where(field => !field.IsRepeated))
        {
            var value = field.Accessor.GetValue(message);
            if (CallTraits.IsSecret(field) && value is not (0ul or ByteString { Length: 0 })) yield return field.FullName;
            if (value is not IMessage inner) continue;
            foreach (var secret in Secrets(inner)) yield return secret;
        }
    }
}
