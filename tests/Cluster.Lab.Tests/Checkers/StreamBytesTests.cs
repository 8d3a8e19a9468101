using Cluster.Lab.Checkers;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Tests.Checkers;

/// <summary>Records of a byte stream: read once, in order, and none lost.</summary>
public sealed class StreamBytesTests
{
    private readonly List<Operation> _calls = [];

    [Fact]
    public void Records_that_are_read_once_and_in_order_are_right()
    {
        Write(0, 10);
        Read("0+4");
        Write(10, 5, entered: 3);
        Read("4+9");
        Empty();
        Expect(Ruling.Holds);
    }

    [Fact]
    public void A_record_that_is_read_twice_is_found()
    {
        Write(0, 10);
        Read("0+4");
        Read("3+7");
        Empty();
        Expect(Ruling.Violated, "record 3 was read after 3");
    }

    [Fact]
    public void A_record_that_is_passed_over_is_found()
    {
        Write(0, 10);
        Write(10, 10);
        Read("0+4 6+14");
        Empty();
        Expect(Ruling.Violated, "record 4 was passed over");
    }

    [Fact]
    public void A_record_that_nobody_has_written_is_found()
    {
        Write(0, 10, entered: 4);
        Read("0+5");
        Expect(Ruling.Violated, "record 4 was read, and not written");
    }

    [Fact]
    public void A_record_that_is_divided_is_found()
    {
        Write(0, 10);
        Read("0+4 37 bytes");
        Expect(Ruling.Violated, "a record was divided");
    }

    [Fact]
    public void A_record_that_is_left_in_an_empty_stream_is_lost()
    {
        Write(0, 10);
        Read("0+9");
        Expect(Ruling.Undecided);
        Empty();
        Expect(Ruling.Violated, "record 9 is lost");
    }

    [Fact]
    public void A_write_of_a_lost_process_may_have_entered_in_part_or_not()
    {
        Write(0, 10, outcome: Outcome.Unknown);
        Write(10, 5);
        Read("0+3 10+5");
        Empty();
        Expect(Ruling.Holds);
        _calls.RemoveAll(call => call.Call == CallKind.StreamRead);
        Read("10+5");
        Empty();
        Expect(Ruling.Holds);
        _calls.RemoveAll(call => call.Call == CallKind.StreamRead);
        Read("0+15");
        Read("10+5");
        Expect(Ruling.Violated, "record 10 was read after 14");
    }

    private void Expect(Ruling ruling, string explanation = "")
    {
        var verdict = new StreamBytes().Check(new History(_calls));
        Assert.True(verdict.Ruling == ruling, verdict.ToString());
        Assert.Contains(explanation, verdict.Explanation, StringComparison.Ordinal);
    }

    private void Write(ulong first, ulong count, ulong? entered = null, Outcome outcome = Outcome.Ok) => Add(new Operation
    {
        Call = CallKind.StreamWrite, Value = first, Expected = count, Result = entered ?? count, Outcome = outcome,
    });

    private void Read(string records) => Add(new Operation
    {
        Call = CallKind.StreamRead, Text = records, Outcome = Outcome.Ok,
    });

    private void Empty() => Add(new Operation
    {
        Call = CallKind.StreamRead, NoWait = true, Outcome = Outcome.Refused, Errno = Errno.EAGAIN,
    });

    private void Add(Operation call)
    {
        var at = _calls.Count * 10L;
        _calls.Add(call with { Client = 1, Object = "stream:0", InvokedAt = at, ReturnedAt = at + 5, Completions = 1 });
    }
}
