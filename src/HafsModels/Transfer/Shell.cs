namespace HafsModels.Transfer;

/// <summary>A program that reads command lines.</summary>
public enum Shell
{
    /// <summary>A POSIX shell: sh, bash, zsh.</summary>
    Posix,

    /// <summary>PowerShell.</summary>
    PowerShell,

    /// <summary>cmd.exe, and then a program that splits its command line by the rules of Microsoft's C runtime.</summary>
    Cmd,
}
