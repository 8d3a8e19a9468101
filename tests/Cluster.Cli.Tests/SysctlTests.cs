namespace Cluster.Cli.Tests;

/// <summary>ipc sysctl: the ids of next objects, and files of settings.</summary>
public sealed class SysctlTests : IDisposable
{
    private readonly Tool _tool = new();
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("msg", "-Q")]
    [InlineData("sem", "-S 1")]
    [InlineData("shm", "-M 1")]
    public async Task The_id_of_the_next_object_is_chosen_once(string word, string make)
    {
        Assert.Equal(0, await _tool.RunAsync($"sysctl --uid 0 kernel.{word}_next_id=40000"));
        Assert.Equal(0, await _tool.RunAsync($"cat /proc/sys/kernel/{word}_next_id"));
        Assert.Equal(0, await _tool.RunAsync($"ipcmk {make}"));
        Assert.Equal(0, await _tool.RunAsync($"sysctl -n {word}_next_id"));
        Assert.Matches($"^kernel.{word}_next_id = 40000\n40000\n[^\n]+ id: 40000\n-1\n$", _tool.Output);
    }

    [Fact]
    public async Task An_id_is_a_number_from_0_and_only_root_chooses()
    {
        Assert.Equal(2, await _tool.RunAsync("sysctl --uid 0 kernel.msg_next_id=-1"));
        Assert.Equal(2, await _tool.RunAsync("sysctl --uid 0 kernel.msg_next_id=2147483648"));
        Assert.Contains("'-1' is not a number from 0 to 2147483647", _tool.Error, StringComparison.Ordinal);
        Assert.Equal(1, await _tool.RunAsync("sysctl --uid 5 kernel.msg_next_id=1"));
        Assert.Contains("ipc: sysctl(msg_next_id): EPERM (", _tool.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_is_loaded_line_by_line()
    {
        await File.WriteAllTextAsync(_file, """
            # comment
            ; another one

            kernel.msgmax = 100
              kernel/sem=250 32000  32
            kernel.shm_next_id = 7
            """);
        Assert.Equal(0, await _tool.RunAsync($"sysctl --uid 0 -p {_file}"));
        Assert.Equal(
            "kernel.msgmax = 100\nkernel.sem = 250\t32000\t32\t32000\nkernel.shm_next_id = 7\n", _tool.Output);
        Assert.Equal("", _tool.Error);
    }

    [Fact]
    public async Task Each_line_that_cannot_be_set_is_told_and_the_others_are_set()
    {
        await File.WriteAllTextAsync(
            _file, "net.ipv4.ip_forward = 1\nkernel.msgmax = x\nkernel.msgmax = 99999999\nmsgmnb\nmsgmni = 5\n");
        Assert.Equal(1, await _tool.RunAsync($"sysctl --uid 0 --load {_file}"));
        Assert.Equal("kernel.msgmni = 5\n", _tool.Output);
        var lines = _tool.Error.TrimEnd().Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith(
            $"ipc: sysctl: {_file}, line 1: 'net.ipv4.ip_forward' is not one of fs.mqueue.msg_default, ", lines[0]);
        Assert.StartsWith(
            $"ipc: sysctl: {_file}, line 2: kernel.msgmax: 'x' is not a number from 0 to 16777216", lines[1]);
        Assert.StartsWith($"ipc: sysctl: {_file}, line 3: sysctl(msgmax): EINVAL (", lines[2]);
        Assert.Equal($"ipc: sysctl: {_file}, line 4: 'msgmnb' is not NAME = VALUE", lines[3]);
    }

    [Fact]
    public async Task Unknown_names_and_lines_with_a_dash_may_fail()
    {
        await File.WriteAllTextAsync(_file, "net.x = 1\n-kernel.msgmax = 99999999\nkernel.msgmni = 5\n");
        Assert.Equal(0, await _tool.RunAsync($"sysctl --uid 0 -p -e -q {_file}"));
        Assert.Equal(("", ""), (_tool.Output, _tool.Error));
        Assert.Equal(5, (await _tool.Ipc.Namespace.GetLimitsAsync()).Msgmni);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_told()
    {
        Assert.Equal(1, await _tool.RunAsync("sysctl --uid 0 -p /nowhere/x"));
        Assert.StartsWith("ipc: sysctl: cannot read /nowhere/x: ", _tool.Error, StringComparison.Ordinal);
        Assert.Equal(2, await _tool.RunAsync("sysctl -q"));
    }
}
