using Cluster.Client;
using Cluster.Lab.Histories;
using Cluster.Protocol;

namespace Cluster.Lab.Tests.Checkers;

/// <summary>A history in shorthand: client, start, end (ms; null: unknown), call.</summary>
internal sealed class Script
{
    private readonly List<Operation> _operations = [];

    public History History => new(_operations);

    public Script Send(int client, double from, double? until, string text, long type = 1) => Add(
        new Operation { Client = client, Object = "queue:0", Call = CallKind.Send, Text = text, Type = type },
            from, until);

    public Script Receive(
        int client, double from, double? until, string text, long type = 1, long selector = 0, ulong revision = 0,
        double? parked = null) => Add(
        new Operation
        {
            Client = client, Object = "queue:0", Call = CallKind.Receive, Text = text, Type = type, Selector = selector,
            Revision = revision, ParkedAt = Ns(parked),
        },
        from, until);

    public Script Empty(int client, double from, double until, long selector = 0) => Add(
        new Operation
        {
            Client = client, Object = "queue:0", Call = CallKind.Receive, Selector = selector, NoWait = true,
            Outcome = Outcome.Refused, Errno = Errno.ENOMSG,
        },
        from, until);

    public Script TimeOut(int client, double from, double until, long selector = 0) => Add(
        new Operation
        {
            Client = client, Object = "queue:0", Call = CallKind.Receive, Selector = selector,
            Outcome = Outcome.Refused, Errno = Errno.ETIMEDOUT,
        },
        from, until);

    public Script TimeOut(int client, double from, double until, params SemaphoreOperation[] operations) => Add(
        new Operation
        {
            Client = client, Object = "set:0", Call = CallKind.Semop, Semops = operations, Outcome = Outcome.Refused,
            Errno = Errno.EAGAIN,
        },
        from, until);

    public Script Semop(
        int client, double from, double? until, ulong revision, params SemaphoreOperation[] operations) => Add(
        new Operation
        {
            Client = client, Object = "set:0", Call = CallKind.Semop, Semops = operations, Revision = revision,
        },
        from, until);

    public Script Busy(int client, double from, double until, params SemaphoreOperation[] operations) => Add(
        new Operation
        {
            Client = client, Object = "set:0", Call = CallKind.Semop, Semops = operations, NoWait = true,
            Outcome = Outcome.Refused, Errno = Errno.EAGAIN,
        },
        from, until);

    public Script Lock(int client, double from, double? until, ulong revision) =>
        Semop(client, from, until, revision, new(1, 0), new(1, 1, SemFlags.Undo));

    public Script Unlock(int client, double from, double? until, ulong revision = 0) =>
        Semop(client, from, until, revision, new SemaphoreOperation(1, -1, SemFlags.Undo));

    public Script Take(int client, double from, double? until, ulong revision = 0) =>
        Semop(client, from, until, revision, new SemaphoreOperation(0, -1, SemFlags.Undo));

    public Script Give(int client, double from, double? until, ulong revision = 0) =>
        Semop(client, from, until, revision, new SemaphoreOperation(0, 1, SemFlags.Undo));

    public Script SetValues(double at, params int[] values) => Add(
        new Operation { Object = "set:0", Call = CallKind.SetValues, Values = values }, at, at + 0.1);

    public Script GetValues(double at, params int[] values) => Add(
        new Operation { Object = "set:0", Call = CallKind.GetValues, Values = values }, at, at + 0.1);

    public Script Word(
        int client, double from, double? until, CallKind call, ulong value, ulong result, ulong expected = 0) => Add(
        new Operation
        {
            Client = client, Object = "word:0", Call = call, Value = value, Result = result, Expected = expected,
        },
        from, until);

    public Script Exit(int client, double at) =>
        Add(new Operation { Client = client, Call = CallKind.Exit }, at, at + 0.1);

    public Script Add(Operation call, double from, double? until)
    {
        _operations.Add(call with
        {
            InvokedAt = Ns(from)!.Value,
            ReturnedAt = Ns(until),
            Outcome = call.Outcome != Outcome.Pending ? call.Outcome : until is null ? Outcome.Unknown : Outcome.Ok,
            Completions = 1,
        });
        return this;
    }

    private static long? Ns(double? ms) => ms is { } value ? (long)(value * 1e6) : null;
}
