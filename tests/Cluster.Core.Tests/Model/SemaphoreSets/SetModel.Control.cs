using Cluster.Core.Machines;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Model.SemaphoreSets;

/// <content>semctl(2).</content>
public sealed partial class SetModel
{
    private string Query(Credentials who, SemQuery query)
    {
        if (!May(who, 4)) return "EACCES";
        var nums = Enumerable.Range(0, count).ToArray();
        var values = $"values [ {string.Join(", ", _values)} ]";
        if (query.Question == SemQuestion.AllValues) return $"{values} pids [ ] ncnt [ ] zcnt [ ]";
        if (query.Question == SemQuestion.All)
        {
            return $"{values} pids [ {string.Join(", ", _pids)} ] ncnt [ {string.Join(", ", nums.Select(Ncnt))} ] "
                + $"zcnt [ {string.Join(", ", nums.Select(Zcnt))} ]";
        }

        if (query.Num < 0 || query.Num >= count) return "EINVAL";
        return query.Question switch
        {
            SemQuestion.Value => $"number {_values[query.Num]}",
            SemQuestion.Pid => $"number {_pids[query.Num]}",
            SemQuestion.IncreaseCount => $"number {Ncnt(query.Num)}",
            SemQuestion.ZeroCount => $"number {Zcnt(query.Num)}",
            _ => "EINVAL",
        };
    }

    private int Ncnt(int num) => Counted().Count(wait => wait.Blocking.Num == num && wait.Blocking.Op < 0);

    private int Zcnt(int num) => Counted().Count(wait => wait.Blocking.Num == num && wait.Blocking.Op == 0);

    // An array that changes values is not counted if it is passed over and could be performed.
    private IEnumerable<Wait> Counted() => _waits.Where(wait =>
        wait.Ops.Length == 1 || !wait.Alters || Perform(wait, 0, dry: true) is null);

    private void SetValue((int Pid, ulong Seq) id, Credentials who, SemSetVal set, long now)
    {
        if (set.Value is < 0 or > Highest) Out.Add($"{id.Pid}.{id.Seq} ERANGE");
        else if (set.Num < 0 || set.Num >= count) Out.Add($"{id.Pid}.{id.Seq} EINVAL");
        else if (!May(who, 2)) Done(id, "EACCES");
        else SetValues(id, [set.Num], [set.Value], now);
    }

    private void SetAll((int Pid, ulong Seq) id, Credentials who, uint[] values, long now)
    {
        if (!May(who, 2)) Done(id, "EACCES");
        else if (values.Any(value => value > Highest)) Out.Add($"{id.Pid}.{id.Seq} ERANGE");
        else SetValues(id, [.. Enumerable.Range(0, count)], [.. values.Select(value => (int)value)], now);
    }

    private void SetValues((int Pid, ulong Seq) id, int[] nums, int[] values, long now)
    {
        foreach (var (num, value) in nums.Zip(values))
        {
            (_values[num], _pids[num]) = (value, id.Pid);
            foreach (var semadj in _semadj.Values) semadj[num] = 0;
            foreach (var done in _done.Values)
            {
                if (done.Back is { } back) back[num] = null;
            }
        }

        _ctime = now;
        Done(id, "ok");
        Update(null, now);
    }

    private void Set((int Pid, ulong Seq) id, Credentials who, SemSet set, long now)
    {
        if (who.Uid != 0 && who.Uid != _permissions.Uid && who.Uid != _permissions.Cuid) Done(id, "EPERM");
        else if (set.Uid == uint.MaxValue || set.Gid == uint.MaxValue) Done(id, "EINVAL");
        else
        {
            (_permissions.Uid, _permissions.Gid, _permissions.Mode) = (set.Uid, set.Gid, set.Mode & 0x1FF);
            _ctime = now;
            Done(id, "ok");
        }
    }

    private string Stat() =>
        $"uid={_permissions.Uid} gid={_permissions.Gid} mode={_permissions.Mode} nsems={count} "
        + $"otime={_otime / 1000} ctime={_ctime / 1000} waiters={_waits.Count}";

    private bool May(Credentials who, int right) => IpcPermissions.Allow(_permissions, who, right); // tested by itself
}
