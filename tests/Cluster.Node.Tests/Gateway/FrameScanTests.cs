using System.Buffers;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Node.Tests.Gateway;

/// <summary>The parts of a frame are counted before the frame is parsed.</summary>
public sealed class FrameScanTests
{
    [Fact]
    public void Empty_parts_are_refused_before_they_take_memory()
    {
        var frame = new byte[Bounds.FrameBytes];
        for (var i = 0; i + 1 < frame.Length; i += 2) frame[i] = 0x1A; // field 3 of ClientFrame, length 0
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<FrameException>(() => FrameScan.Count(new(frame), Bounds.FrameParts));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Theory]
    [InlineData(new byte[] { 0x1A, 0x04, 0x12, 0x00, 0x12, 0x00 }, 3)] // calls of a target
    [InlineData(new byte[] { 0x1A, 0x03, 0x1A, 0x01, 0x05 }, 2)] // one packed cancel
    [InlineData(new byte[] { 0x1A, 0x04, 0x18, 0x05, 0x18, 0x06 }, 3)] // two cancels that are not packed
    [InlineData(new byte[] { 0x78, 0x01, 0x7A, 0x00 }, 2)] // fields that nobody knows
    [InlineData(new byte[] { 0x0A, 0x00, 0x0A, 0x00 }, 2)] // the same message twice
    [InlineData(new byte[] { 0x10, 0x01, 0x10, 0x02 }, 0)] // a number, which takes no memory
    public void Each_part_counts(byte[] frame, int parts) => Assert.Equal(parts, FrameScan.Count(new(frame), 10));

    [Fact]
    public void Sixteen_packed_numbers_are_a_part_whatever_their_length()
    {
        var calls = new TargetCalls();
        for (var i = 0; i < 1_600; i++) calls.Cancels.Add((ulong)i << (i % 50));
        Assert.Equal(102, FrameScan.Count(new(new ClientFrame { Calls = { calls } }.ToByteArray()), 1_000));
    }

    [Fact]
    public void A_large_payload_is_one_part_of_its_call()
    {
        var send = new MsgSnd { Type = 1, Text = ByteString.CopyFrom(new byte[Bounds.MessageBytes]) };
        var calls = new TargetCalls { Target = new Target(), Calls = { new Call { Seq = 1, Msgsnd = send } } };
        Assert.Equal(4, FrameScan.Count(new(new ClientFrame { Calls = { calls } }.ToByteArray()), 10));
    }

    [Fact]
    public void Bytes_that_are_no_message_are_left_to_the_parser()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            try
            {
                FrameScan.Count(new(bytes), 100);
            }
            catch (FrameException exception)
            {
                Assert.Contains("group", exception.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_frame_in_pieces_counts_the_same()
    {
        var calls = new TargetCalls { Target = new Target { Kind = Kind.MessageQueue, Id = 300 } };
        for (var seq = 1ul; seq <= 100; seq++)
            calls.Calls.Add(new Call { Seq = seq, Msgsnd = new MsgSnd { Type = 1, Text = ByteString.CopyFrom(new byte[7]) } });
        var bytes = new ClientFrame { Calls = { calls } }.ToByteArray();
        Piece? first = null, last = null;
        foreach (var piece in bytes.Chunk(3)) last = last is null ? first = new Piece(piece) : last.Append(piece);
        var pieces = new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
        Assert.Equal(202, FrameScan.Count(pieces, 1_000));
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes) => Memory = bytes;

        public Piece Append(byte[] bytes)
        {
            var next = new Piece(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
