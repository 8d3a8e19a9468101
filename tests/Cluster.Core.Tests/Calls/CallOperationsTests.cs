using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Calls;

/// <summary>Every operation has a number and a name, also one behind an entry with its own oneof.</summary>
public sealed class CallOperationsTests
{
    private static readonly CallOperations Nested = new(NestedCall.Descriptor);

    [Fact]
    public void Every_entry_of_a_call_has_a_number_without_a_gap_and_its_own_name()
    {
        var operations = CallTraits.Operations;
        Assert.Equal(Enumerable.Range(0, operations.Count), operations.Select(each => each.Number));
        Assert.Distinct(operations.Select(each => each.Name));
        var fields = Call.Descriptor.Oneofs.Single(oneof => oneof.Name == "op").Fields;
        var nested = fields.Where(field => field.MessageType.Oneofs.Any(oneof => oneof.Name == "op")).ToArray();
        Assert.Equal(
            Enum.GetValues<Call.OpOneofCase>().Select(entry => Label.Of($"{entry}"))
                .Except(nested.Select(field => field.Name)).Order(),
            operations.Where(each => each.Inner == 0).Select(each => each.Name).Order());
        foreach (var field in nested)
        {
            Assert.Equal(
                field.MessageType.Oneofs[0].Fields.Select(inner => $"{field.Name}_{inner.Name}").Order(),
                operations.Where(each => each.Entry == field.FieldNumber).Select(each => each.Name).Order());
        }

        foreach (var field in fields)
        {
            var call = new Call();
            field.Accessor.SetValue(call, field.MessageType.Parser.ParseFrom([]));
            var operation = CallTraits.OperationOf(call);
            Assert.Equal(nested.Contains(field) ? "none" : field.Name, operation.Name);
            Assert.Equal(operation.ReadsOnly, CallTraits.ReadsOnly(call));
        }
    }

    [Fact]
    public void Some_operations_read_and_others_write()
    {
        Assert.True(CallTraits.ReadsOnly(new Call { Msgstat = new MsgStat() }));
        Assert.True(CallTraits.ReadsOnly(new Call { ShmRead = new ShmRead() }));
        Assert.False(CallTraits.ReadsOnly(new Call { Msgsnd = new MsgSnd() }));
        Assert.False(CallTraits.ReadsOnly(new Call { Get = new Get() }));
    }

    [Fact]
    public void An_operation_behind_an_entry_counts_for_itself()
    {
        Assert.Equal(
            ["none", "plain", "counter_add", "counter_value", "look"],
            Nested.All.OrderBy(each => (each.Entry, each.Inner) switch
            {
                (2, _) => 1, (200, 1) => 2, (200, 300) => 3, (9, _) => 4, _ => 0,
            }).Select(each => each.Name));
        Assert.Equal(Enumerable.Range(0, 5), Nested.All.Select(each => each.Number));
        AssertIs("plain", reads: false, new NestedCall { Plain = new Plain() });
        AssertIs("look", reads: true, new NestedCall { Look = new Plain() });
        AssertIs("counter_add", reads: false, new NestedCall { Counter = new CounterCall { Add = new Plain() } });
        AssertIs("counter_value", reads: true, new NestedCall { Counter = new CounterCall { Value = new Plain() } });
    }

    [Fact]
    public void A_call_without_an_operation_or_with_an_unknown_one_is_none()
    {
        AssertIs("none", reads: true, new NestedCall());
        AssertIs("none", reads: true, new NestedCall { Counter = new CounterCall() });
        Assert.Same(Nested.None, Nested.Of(new NestedCall(), 1));
        Assert.Same(Nested.None, Nested.Of(new NestedCall(), 100_000));
        Assert.Same(Nested.None, Nested.Find(200));
        Assert.Equal("counter_value", Nested.Find(200, 300).Name);
    }

    private static void AssertIs(string name, bool reads, NestedCall call)
    {
        var operation = Nested.Of(call, (int)call.OpCase);
        Assert.Equal((name, reads), (operation.Name, operation.ReadsOnly));
        Assert.Same(operation, Nested.All[operation.Number]);
        var copy = NestedCall.Parser.ParseFrom(call.ToByteArray());
        Assert.Same(operation, Nested.Of(copy, (int)copy.OpCase));
    }
}
