using Cluster.Protocol;

namespace Cluster.Cli.Output.Strace;

/// <summary>
/// A call in strace's notation: its name, what stands before the argument that the call fills, that argument, what
/// stands behind it, and what it returned.
/// </summary>
/// <param name="Name">msgrcv.</param>
/// <param name="Before">The arguments up to there.</param>
/// <param name="Filled">What the call wrote there; empty: nothing, or there is no such argument.</param>
/// <param name="After">The arguments from there on.</param>
/// <param name="Value">What it returned; empty: it has not.</param>
internal sealed partial record StraceCall(string Name, string Before, string Filled, string After, string Value)
{
    /// <summary>The call as strace writes it.</summary>
    /// <param name="target">What was called.</param>
    /// <param name="traced">The call, and its result if it has completed.</param>
    public static StraceCall Of(Target target, TracedCall traced)
    {
        var (name, before, after) = Arguments(target, traced);
        if (traced.Result is not { } result) return new StraceCall(name, before, "", after, "");
        if (result.Errno != 0)
            return new StraceCall(name, before, "", after, StraceText.Failure(result.Errno));
        var (filled, value) = Outcome(traced, result);
        return new StraceCall(name, before, filled, after, value);
    }

    private static (string Name, string Before, string After) Arguments(Target target, TracedCall traced)
    {
        var (call, id) = (traced.Call, target.Id);
        var prefix = Prefix(target.Kind == Kind.Directory ? (Kind)target.Id : target.Kind);
        var zero = prefix == "sem" ? "0, " : "";
        return call.OpCase switch
        {
            Call.OpOneofCase.Msgsnd => ("msgsnd", Sent(id, traced), ""),
            Call.OpOneofCase.Msgrcv => Received(id, call.Msgrcv),
            Call.OpOneofCase.Msgstat => ("msgctl", $"{id}, {(call.Msgstat.Any ? "MSG_STAT_ANY" : "IPC_STAT")}, ", ""),
            Call.OpOneofCase.Msgset => ("msgctl", $"{id}, IPC_SET, {Of(call.Msgset)}", ""),
            Call.OpOneofCase.Access => ($"{prefix}get", $"/* {id} */, {StraceText.OfGet(call.Access.Flags)}", ""),
            Call.OpOneofCase.Semop => Operated(id, traced),
            Call.OpOneofCase.Semquery => Asked(id, call.Semquery),
            Call.OpOneofCase.Semsetval =>
                ("semctl", $"{id}, {call.Semsetval.Num}, SETVAL, {call.Semsetval.Value}", ""),
            Call.OpOneofCase.Semsetall =>
                ("semctl", $"{id}, 0, SETALL, {Numbers(call.Semsetall.Values, traced.CallLength)}", ""),
            Call.OpOneofCase.Semstat =>
                ("semctl", $"{id}, 0, {(call.Semstat.Any ? "SEM_STAT_ANY" : "IPC_STAT")}, ", ""),
            Call.OpOneofCase.Semset => ("semctl", $"{id}, 0, IPC_SET, {Of(call.Semset)}", ""),
            Call.OpOneofCase.Shmat => ("shmat", $"{id}, NULL, {StraceText.OfAttach(call.Shmat.Flags)}", ""),
            Call.OpOneofCase.Shmdt => ("shmdt", $"/* {id} */ 0x{call.Shmdt.Attachment:x}", ""),
            Call.OpOneofCase.Shmstat => ("shmctl", $"{id}, {(call.Shmstat.Any ? "SHM_STAT_ANY" : "IPC_STAT")}, ", ""),
            Call.OpOneofCase.Shmset => ("shmctl", $"{id}, IPC_SET, {Of(call.Shmset)}", ""),
            Call.OpOneofCase.Shmlock =>
                ("shmctl", $"{id}, {(call.Shmlock.Unlock ? "SHM_UNLOCK" : "SHM_LOCK")}, NULL", ""),
            Call.OpOneofCase.ShmRead or Call.OpOneofCase.ShmWrite or Call.OpOneofCase.ShmAtomic => Memory(id, traced),
            Call.OpOneofCase.Get => ($"{prefix}get", Got(call.Get, prefix), ""),
            Call.OpOneofCase.Remove => ($"{prefix}ctl", $"{call.Remove.Id}, {zero}IPC_RMID, NULL", ""),
            Call.OpOneofCase.DirectoryStat => ($"{prefix}ctl", $"0, {zero}IPC_INFO, ", ""),
            Call.OpOneofCase.Resolve =>
                ($"{prefix}ctl", $"/* index */ {call.Resolve.Index}, {zero}{Stat(prefix)}, ", ""),
            Call.OpOneofCase.List => ($"{prefix}_list", $"{call.List.AfterId}, {call.List.Limit}", ""),
            _ => Namespaces(call),
        };
    }

    // What does not come from System V has names of its own.
    private static (string Name, string Before, string After) Namespaces(Call call) => call.OpCase switch
    {
        Call.OpOneofCase.NamespaceCreate => ("ns_create", StraceText.Quote(call.NamespaceCreate.Name), ""),
        Call.OpOneofCase.NamespaceRemove => ("ns_remove", StraceText.Quote(call.NamespaceRemove.Name), ""),
        Call.OpOneofCase.NamespaceList => ("ns_list", "", ""),
        Call.OpOneofCase.LimitsGet => ("sysctl", "", ""),
        Call.OpOneofCase.LimitsSet when call.LimitsSet.Inherit =>
            ("sysctl", $"{StraceText.Quote("kernel." + call.LimitsSet.Name)}, NULL", ""),
        Call.OpOneofCase.LimitsSet =>
            ("sysctl", $"{StraceText.Quote("kernel." + call.LimitsSet.Name)}, {call.LimitsSet.Value}", ""),
        _ => (call.OpCase.ToString().ToLowerInvariant(), "", ""),
    };

    private static string Prefix(Kind kind) => kind switch
    {
        Kind.SemaphoreSet => "sem",
        Kind.SharedMemory or Kind.Extent => "shm",
        _ => "msg",
    };

    private static string Stat(string prefix) => prefix.ToUpperInvariant() + "_STAT";

    private static string Sent(long id, TracedCall traced)
    {
        var send = traced.Call.Msgsnd;
        var text = StraceText.Quote(send.Text, traced.CallLength);
        return $"{id}, {{mtype={send.Type}, mtext={text}}}, {traced.CallLength}, {StraceText.OfMessage(send.Flags)}";
    }

    private static (string Name, string Before, string After) Received(long id, MsgRcv receive) =>
        ("msgrcv", $"{id}, ", $", {receive.Size}, {receive.Type}, {StraceText.OfMessage(receive.Flags)}");

    private static (string Name, string Before, string After) Operated(long id, TracedCall traced)
    {
        var operations = StraceText.Array(
            traced.Call.Semop.Ops.Select(each =>
                $"{{sem_num={each.Num}, sem_op={each.Op}, sem_flg={StraceText.OfSemaphore(each.Flags)}}}"),
            traced.CallLength);
        var arguments = $"{id}, {operations}, {traced.CallLength}";
        if (!traced.Call.HasTimeoutMs) return ("semop", arguments, "");
        var (seconds, ms) = Math.DivRem(traced.Call.TimeoutMs, 1_000);
        return ("semtimedop", $"{arguments}, {{tv_sec={seconds}, tv_nsec={ms * 1_000_000}}}", "");
    }

    private static (string Name, string Before, string After) Asked(long id, SemQuery query) => query.Question switch
    {
        SemQuestion.Value => ("semctl", $"{id}, {query.Num}, GETVAL", ""),
        SemQuestion.Pid => ("semctl", $"{id}, {query.Num}, GETPID", ""),
        SemQuestion.IncreaseCount => ("semctl", $"{id}, {query.Num}, GETNCNT", ""),
        SemQuestion.ZeroCount => ("semctl", $"{id}, {query.Num}, GETZCNT", ""),
        _ => ("semctl", $"{id}, 0, GETALL, ", ""),
    };

    private static string Got(Get get, string prefix)
    {
        var size = prefix == "msg" ? "" : $"{get.Size}, ";
        return $"{StraceText.Key(get.Key)}, {size}{StraceText.OfGet(get.Flags)}";
    }

    // Memory of a segment is read and written by calls here. An extent's id has the segment's and the place in it.
    private static (string Name, string Before, string After) Memory(long extent, TracedCall traced)
    {
        var (id, at) = (extent >> 32, (extent & uint.MaxValue) * Bounds.ExtentBytes);
        var call = traced.Call;
        return call.OpCase switch
        {
            Call.OpOneofCase.ShmRead =>
                ("shm_read", $"{id}, ", $", {call.ShmRead.Length}, 0x{at + call.ShmRead.Offset:x}"),
            Call.OpOneofCase.ShmWrite => ("shm_write",
                $"{id}, {StraceText.Quote(call.ShmWrite.Data, traced.CallLength)}, {traced.CallLength}, "
                + $"0x{at + call.ShmWrite.Offset:x}", ""),
            _ => ($"shm_{Words(call.ShmAtomic.Operation)}",
                $"{id}, 0x{at + call.ShmAtomic.Offset:x}, {Operands(call.ShmAtomic)}", ""),
        };
    }

    private static string Words(ShmAtomic.Types.Operation operation) => operation switch
    {
        ShmAtomic.Types.Operation.CompareExchange => "compare_exchange",
        _ => operation.ToString().ToLowerInvariant(),
    };

    private static string Operands(ShmAtomic atomic) => atomic.Operation switch
    {
        ShmAtomic.Types.Operation.Load => $"{atomic.Width}",
        ShmAtomic.Types.Operation.CompareExchange =>
            $"{atomic.Width}, 0x{atomic.Expected:x}, 0x{atomic.Operand:x}",
        _ => $"{atomic.Width}, 0x{atomic.Operand:x}",
    };

    private static string Of(MsgSet set) =>
        $"{{msg_perm={{uid={set.Uid}, gid={set.Gid}, mode={StraceText.Octal(set.Mode)}}}, msg_qbytes={set.Qbytes}}}";

    private static string Of(SemSet set) =>
        $"{{sem_perm={{uid={set.Uid}, gid={set.Gid}, mode={StraceText.Octal(set.Mode)}}}}}";

    private static string Of(ShmSet set) =>
        $"{{shm_perm={{uid={set.Uid}, gid={set.Gid}, mode={StraceText.Octal(set.Mode)}}}}}";

    private static string Numbers(IEnumerable<uint> values, long length) =>
        StraceText.Array(values.Select(value => $"{value}"), length);
}
