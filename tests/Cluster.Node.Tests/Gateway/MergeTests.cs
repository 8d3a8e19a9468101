using System.Threading.Channels;
using Cluster.Node.Gateway;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Node.Tests.Gateway;

/// <summary>Frames that wait for a stream are merged into few frames of bounded size.</summary>
public sealed class MergeTests
{
    private readonly Channel<ServerFrame> _output = Channel.CreateUnbounded<ServerFrame>();

    [Fact]
    public void Results_that_wait_go_in_one_frame_in_their_order()
    {
        Wait([Results(2), Results(3), Results(4)]);
        var frame = Merge(Results(1));
        Assert.Equal([1ul, 2, 3, 4], frame.Results.Select(each => each.Results[0].Seq));
        Assert.Equal(0, _output.Reader.Count);
    }

    [Fact]
    public void A_frame_is_not_filled_beyond_its_target()
    {
        Wait([Results(2, 100_000), Results(3, 100_000), Results(4)]);
        var frame = Merge(Results(1, 100_000));
        Assert.Equal([1ul, 2], frame.Results.Select(each => each.Results[0].Seq));
        Assert.InRange(frame.CalculateSize(), 200_000, Bounds.FrameTargetBytes);
        Assert.Equal(2, _output.Reader.Count);
    }

    [Fact]
    public void Many_small_results_are_bounded_the_same()
    {
        Wait(Enumerable.Range(2, 20_000).Select(seq => Results((ulong)seq)));
        var frame = Merge(Results(1));
        Assert.InRange(frame.CalculateSize(), 1, Bounds.FrameTargetBytes);
        Assert.InRange(frame.Results.Count, 2, 20_000);
        Assert.Equal(20_001, frame.Results.Count + _output.Reader.Count);
    }

    [Fact]
    public void A_result_that_is_larger_by_itself_goes_alone()
    {
        Wait([Results(2)]);
        Assert.Single(Merge(Results(1, Bounds.FrameTargetBytes + 1)).Results);
        Wait([Results(3, Bounds.MessageBytes)]);
        Assert.True(_output.Reader.TryRead(out var next));
        Assert.Single(Merge(next).Results);
    }

    [Fact]
    public void Welcome_and_farewell_are_frames_of_their_own()
    {
        Wait([new ServerFrame { Farewell = new Farewell() }, Results(2)]);
        Assert.Single(Merge(Results(1)).Results);
        Assert.Empty(Merge(new ServerFrame { Welcome = new Welcome() }).Results);
        Assert.True(_output.Reader.TryRead(out var farewell));
        Assert.Empty(Merge(farewell).Results);
        Assert.Equal(1, _output.Reader.Count);
    }

    [Fact]
    public void The_other_fields_of_waiting_frames_are_kept()
    {
        Wait([new ServerFrame { Resend = true }, new ServerFrame { RenewedMs = 7 }, new ServerFrame { RenewedMs = 5 }]);
        var frame = Merge(Results(1));
        Assert.Equal((true, 7, 0), (frame.Resend, frame.RenewedMs, _output.Reader.Count));
    }

    private void Wait(IEnumerable<ServerFrame> frames)
    {
        foreach (var frame in frames) Assert.True(_output.Writer.TryWrite(frame));
    }

    private ServerFrame Merge(ServerFrame frame)
    {
        SessionPump.Merge(frame, _output.Reader);
        return frame;
    }

    private static ServerFrame Results(ulong seq, int bytes = 0)
    {
        var result = new Result { Seq = seq };
        if (bytes > 0) result.Message = new Message { Type = 1, Text = ByteString.CopyFrom(new byte[bytes]) };
        var target = new Target { Kind = Kind.MessageQueue, Id = 1 };
        return new ServerFrame { Results = { new TargetResults { Target = target, Results = { result } } } };
    }
}
