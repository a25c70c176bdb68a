using System.Globalization;
using System.Text;
using Pagewise.Kernel;
using Pagewise.Kernel.AddressSpaces;
using Pagewise.Kernel.Tasks;

namespace Pagewise.Procfs;

/// <summary>/proc/PID/status of a modelled task (proc_pid_status, fs/proc/array.c): the fields that it has; <see cref="StatusVm"/> reads the memory ones.</summary>
public static class StatusFile
{
    /// <summary>The file's text.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="task">The thread-group leader, by index.</param>
    public static string Text(Machine machine, int task)
    {
        ref TaskStruct leader = ref machine.Tasks.Tasks[task];
        int parent = leader.Parent == 0 ? 0 : machine.Tasks.Tasks[leader.Parent].Tgid;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Name:\t{machine.Tasks.CommOf(task)}\nUmask:\t0022\nState:\t{(leader.HasExited ? "Z (zombie)" : "R (running)")}\n");
        text.Append(CultureInfo.InvariantCulture, $"Tgid:\t{leader.Tgid}\nNgid:\t0\nPid:\t{leader.Pid}\nPPid:\t{parent}\nTracerPid:\t0\n");
        text.Append(CultureInfo.InvariantCulture, $"Uid:\t{leader.Uid}\t{leader.Uid}\t{leader.Uid}\t{leader.Uid}\nGid:\t0\t0\t0\t0\nFDSize:\t64\nGroups:\t \n");
        if (leader.Mm != 0)
        {
            ref MmStruct mm = ref machine.AddressSpaces.Mms[leader.Mm];
            string vm = StatusVm.Of(in mm).ToString();
            int afterRss = vm.IndexOf("VmData:", StringComparison.Ordinal);
            text.Append(vm, 0, afterRss);
            text.Append(CultureInfo.InvariantCulture, $"RssAnon:\t{mm.Rss.AnonPages << 2,8} kB\nRssFile:\t{mm.Rss.FilePages << 2,8} kB\nRssShmem:\t{mm.Rss.ShmemPages << 2,8} kB\n");
            text.Append(vm, afterRss, vm.Length - afterRss);
        }

        text.Append(CultureInfo.InvariantCulture, $"Threads:\t{leader.Threads}\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n");
        return text.ToString();
    }
}
