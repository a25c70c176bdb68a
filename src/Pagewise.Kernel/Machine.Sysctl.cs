using System.Globalization;
using Pagewise.Kernel.Hardware;

namespace Pagewise.Kernel;

/// <content>Settings of a running machine: what a program writes below /proc/sys/vm and /sys/block.</content>
public abstract partial class Machine
{
    /// <summary>The first device's read_ahead_kb, KiB: files take it over when they are opened.</summary>
    public int ReadAheadKb
    {
        get => (int)(Filemap.Readahead.RaPages * (Pfn.SizeBytes / 1024));
        set => Filemap.Readahead.RaPages = (ulong)value * 1024 / Pfn.SizeBytes;
    }

    /// <summary>Writes a sysctl while the machine runs.</summary>
    /// <param name="name">As sysctl(8) names it: <c>vm.drop_caches</c>.</param>
    /// <param name="text">What is written.</param>
    /// <returns>Whether the machine has such a sysctl and takes the value.</returns>
    public bool TryWriteSysctl(string name, string text)
    {
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
            return false;
        switch (name)
        {
            case "vm.drop_caches" when value is >= 1 and <= 4:
                if ((value & 1) != 0)
                {
                    Filemap.DropCaches();
                    VmStat.DropPagecache++;
                }

                if ((value & 2) != 0)
                    Shrinkers.DropSlab();
                return true;
            case "vm.vfs_cache_pressure" when value is >= 0 and <= int.MaxValue:
                FilePages.Super.VfsCachePressure = (int)value;
                return true;
            case "vm.panic_on_oom" or "vm.oom_kill_allocating_task" or "vm.oom_dump_tasks":
                if (OomKiller.Settings.With(name, value) is not { } settings)
                    return false;
                OomKiller.Settings = settings;
                return true;
            default:
                if (Writeback.Settings.With(name, value) is not { } dirty)
                    return false;
                Writeback.Settings = dirty;
                return true;
        }
    }
}
