using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Machines;

/// <summary>
/// Requests to other entities: which stand side by side, which replace each other, which answer counts.
/// </summary>
public sealed class OutboxTests
{
    private static readonly EntityKey To = new() { Kind = Kind.SharedMemory, Namespace = 1, Id = 7 };

    private readonly Outbox _outbox = new();
    private readonly Executor _outputs = new(new ProbeMachine());

    [Fact]
    public void Requests_with_two_purposes_to_one_entity_are_both_kept()
    {
        _outbox.Add(new Request { To = To, DestroyObject = new DestroyObject() });
        _outbox.Add(new Request { To = To, ForgetObject = new ForgetObject() });
        var sent = Send();
        Assert.Equal(2, sent.Count);
        Assert.True(Answers(sent[0], out var first));
        Assert.Equal(Request.BodyOneofCase.DestroyObject, first!.BodyCase);
        Assert.True(_outbox.Remove(To, Request.BodyOneofCase.DestroyObject));
        Assert.True(Answers(sent[1], out var second));
        Assert.Equal(Request.BodyOneofCase.ForgetObject, second!.BodyCase);
        Assert.Equal(1, _outbox.Count);
    }

    [Fact]
    public void One_purpose_may_have_several_numbers()
    {
        _outbox.Add(new Request { To = To, OpenExtent = new OpenExtent { Index = 1 } }, number: 1);
        _outbox.Add(new Request { To = To, OpenExtent = new OpenExtent { Index = 2 } }, number: 2);
        Assert.Equal([1, 2], Send().Select(request => request.OpenExtent.Index));
        Assert.True(_outbox.Remove(To, Request.BodyOneofCase.OpenExtent, 1));
        Assert.False(_outbox.Remove(To, Request.BodyOneofCase.OpenExtent, 1));
        Assert.Equal(1, _outbox.Count);
    }

    [Fact]
    public void A_request_with_the_same_name_replaces_the_earlier_one_and_its_answer()
    {
        _outbox.Add(new Request { To = To, OpenExtent = new OpenExtent { Create = false } });
        var early = Assert.Single(Send());
        _outbox.Add(new Request { To = To, OpenExtent = new OpenExtent { Create = true } });
        var late = Assert.Single(Send());
        Assert.False(Answers(early, out _));
        Assert.True(Answers(late, out var request));
        Assert.True(request!.OpenExtent.Create);
    }

    [Fact]
    public void An_answer_counts_only_from_the_entity_that_was_asked()
    {
        _outbox.Add(new Request { To = To, ForgetObject = new ForgetObject() });
        var sent = Assert.Single(Send());
        var stranger = new EntityKey { Kind = Kind.SharedMemory, Namespace = 1, Id = 8 };
        Assert.False(_outbox.TryGetAnswered(new Reply { Id = sent.Id, From = stranger }, out _));
    }

    [Fact]
    public void The_window_bounds_the_requests_under_way()
    {
        for (var id = 0; id <= Outbox.Window; id++)
        {
            var to = new EntityKey { Kind = Kind.MessageQueue, Namespace = 1, Id = id };
            _outbox.Add(new Request { To = to, ForgetObject = new ForgetObject() });
        }

        var sent = Send();
        Assert.Equal(Outbox.Window, sent.Count);
        Assert.Empty(Send());
        Assert.True(_outbox.Remove(sent[0].To, Request.BodyOneofCase.ForgetObject));
        Assert.Single(Send());
    }

    private bool Answers(Request sent, out Request? request) =>
        _outbox.TryGetAnswered(new Reply { Id = sent.Id, From = sent.To }, out request);

    private List<Request> Send()
    {
        _outbox.Send(_outputs);
        List<Request> sent = [.. _outputs.Ready.Requests];
        _outputs.Ready.Clear();
        return sent;
    }
}
