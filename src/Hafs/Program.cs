Console.Error.WriteLine("hafs: no command yet");
return 1;
